"""TLS by a context, to something that ends it before the server: the clients speak it all the way."""

import socket
import ssl
import threading

import pytest
from records import numbered
from tls_end import TlsEnd


def test_records_travel_by_tls(start, certificate, flavour):
    server = start()
    end = TlsEnd(server.address(), certificate)
    context = ssl.create_default_context(cafile=str(certificate[1]))
    with end.listener, flavour(end.url, tls=context, compress=False, window=20000, close_timeout=0) as client:
        client.send_all(numbered(20000))
        client.flush(60)
    assert server.records() == numbered(20000)
    assert end.connections == 1


def test_a_certificate_that_is_not_trusted_gets_nothing(start, certificate, flavour):
    server = start()
    end = TlsEnd(server.address(), certificate)
    with end.listener:
        client = flavour(end.url, tls=ssl.create_default_context(), close_timeout=0)
        client.send(b"1")
        with pytest.raises(Exception, match="1 records"):
            client.flush(0.5)
        with pytest.raises(Exception, match="1 records"):
            client.close()
    assert server.records() == []
