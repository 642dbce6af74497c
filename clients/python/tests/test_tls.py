"""TLS by a context, to something that ends it before the server: the clients speak it all the way."""

import shutil
import socket
import ssl
import subprocess
import threading

import pytest
from records import numbered


@pytest.fixture
def certificate(tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    key, made = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", made, "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    return key, made


class TlsEnd:
    """Takes TLS connections and hands their bytes on, both ways."""

    def __init__(self, target, certificate):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate[1], certificate[0])
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.connections = 0
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def url(self):
        return "tcp://127.0.0.1:{}".format(self.listener.getsockname()[1])

    def accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
                near = self.context.wrap_socket(plain, server_side=True)
            except ssl.SSLError:
                continue
            except OSError:
                return
            far = socket.create_connection(self.target)
            self.connections += 1
            near.settimeout(0.05)
            threading.Thread(target=self.pump, args=(near, far), daemon=True).start()

    @staticmethod
    def pump(near, far):
        """One thread for both ways: an SSL object takes no two at once."""
        far.setblocking(False)
        waiting = b""
        with near, far:
            while True:
                try:
                    data = near.recv(65536)
                    if not data:
                        return
                    far.setblocking(True)
                    far.sendall(data)
                    far.setblocking(False)
                except socket.timeout:
                    pass
                except OSError:
                    return
                try:
                    waiting = far.recv(65536)
                    if not waiting:
                        return
                    near.sendall(waiting)
                except BlockingIOError:
                    pass
                except OSError:
                    return


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
