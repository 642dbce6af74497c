"""TLS from the client to the server's end of it: what is trusted, what is shown, what is said where it fails, and that
nothing ever goes without it."""

import contextlib
import shutil
import socket
import ssl

import crawlspool
import pytest
from authority import Authority
from crawlspool.options import TlsAddress, parse_servers
from crawlspool.sockets import WANTS_TO_READ, send
from fake_server import FakeServer
from records import numbered
from tls_end import TlsEnd
from tls_server import TlsServer, server_context
from unix_server import stores_one
from waiting import seconds, wait_until


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def server_certificate(authority):
    return authority.make("crawl-server")


@contextlib.contextmanager
def unsettled(flavour, url, **options):
    """A client with one record, which is not stored by the time that it is closed."""
    client = flavour(url, close_timeout=0, **options)
    client.send(b"1")
    yield client
    with pytest.raises(crawlspool.CrawlspoolError, match="1 records|refuses"):
        client.close()


def listener():
    return socket.create_server(("127.0.0.1", 0))


def url_of(sock):
    return f"tls://127.0.0.1:{sock.getsockname()[1]}"


# Through TLS, to the daemon


def test_records_travel_by_a_context(start, certificate, flavour):
    server = start()
    end = TlsEnd(server.address(), certificate)
    context = ssl.create_default_context(cafile=str(certificate[1]))
    with end.listener, flavour(end.url, tls=context, compress=False, window=20000, close_timeout=0) as client:
        client.send_all(numbered(20000))
        client.flush(60)
    assert server.records() == numbered(20000)
    assert end.connections == 1


def test_records_travel_by_the_path_of_a_ca(start, certificate, flavour):
    server = start()
    end = TlsEnd(server.address(), certificate)
    with end.listener, flavour(url_of(end.listener), tls_ca=certificate[1], compress=False, window=20000,
                               close_timeout=seconds(60)) as client:
        client.send_all(numbered(20000))
        client.flush(seconds(60))
    assert server.records() == numbered(20000)
    assert end.connections == 1


def test_a_full_window_waits_for_room_and_goes_on(start, certificate, flavour):
    server = start()
    end = TlsEnd(server.address(), certificate)
    records = [b'"%06d%s"' % (number, b"x" * 100_000) for number in range(200)]  # more than any socket's buffer
    with end.listener, flavour(url_of(end.listener), tls_ca=str(certificate[1]), compress=False, window=20,
                               close_timeout=seconds(60)) as client:
        client.send_all(records)
        client.flush(seconds(60))
    assert server.records() == records


def test_what_was_not_acked_goes_again_on_the_next_connection(authority, server_certificate, flavour):
    def breaks_off(peer):
        peer.welcome()
        assert peer.records(1) == [b"1"]

    with TlsServer(server_context(server_certificate), breaks_off, stores_one) as server:
        with flavour(server.url, tls_ca=authority.certificate, close_timeout=seconds(30)) as client:
            client.send(b"1")
            client.flush(seconds(30))
            assert (client.counters.connections, client.counters.resent) == (2, 1)


# Addresses


def test_a_tls_address_is_read_and_written_as_others_are():
    assert [str(one) for one in parse_servers("tls://h:1, tls://[::1], tcp://h:1")] == [
        "tls://h:1", "tls://[::1]:8940", "tcp://h:1"]
    assert isinstance(parse_servers("tls://h")[0], TlsAddress)


def test_a_unix_socket_may_stand_beside_a_tls_address(certificate, flavour):
    flavour("unix:///s.sock,tls://h:1", tls_ca=certificate[1]).close()


@pytest.mark.parametrize("arguments, said", [
    ({"tls_ca": "/no/such.pem"}, "tls_ca is '/no/such.pem'; it is the path of a PEM file, or of a directory"),
    ({"tls_ca": 7}, "tls_ca is 7; it is the path"), ({"tls_ca": "KEY"}, "tls_ca is"),
    ({"tls_key": "KEY"}, "tls_key is"), ({"tls_certificate": "CA"}, "the key has no password"),
    ({"tls_certificate": "CA", "tls_key": "CA"}, "tls_certificate is"),
    ({"tls": ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)}, "a context for clients"),
    ({"tls": ssl.create_default_context(), "tls_ca": "CA"}, "it is None where tls is given")])
def test_arguments_that_cannot_work_are_refused_by_name(certificate, arguments, said):
    paths = {"KEY": str(certificate[0]), "CA": str(certificate[1])}
    with pytest.raises(crawlspool.ConfigurationError) as raised:
        crawlspool.Client("tls://h:1", **{name: paths.get(value, value) if isinstance(value, str) else value
                                          for name, value in arguments.items()})
    assert said in str(raised.value)


# What is trusted


def test_a_certificate_that_is_not_trusted_gets_nothing(server_certificate, flavour, caplog):
    with TlsServer(server_context(server_certificate), stores_one) as server, unsettled(flavour, server.url):
        wait_until(lambda: "the server's certificate is not trusted: " in caplog.text, "it is said")
        assert f"{server.url}: the server's" in caplog.text and "tls_ca names a file" in caplog.text
        wait_until(lambda: server.errors, "the handshake has failed")
    assert not server.clients


def test_a_certificate_for_another_name_gets_nothing(authority, server_certificate, flavour, caplog):
    with TlsServer(server_context(server_certificate), stores_one) as server:
        with unsettled(flavour, server.url.replace("127.0.0.1", "localhost"), tls_ca=authority.certificate):
            wait_until(lambda: "the server's certificate is for another name: " in caplog.text, "it is said")
            wait_until(lambda: server.errors, "the handshake has failed")
    assert "'localhost'" in caplog.text and not server.clients


def test_a_certificate_that_is_over_gets_nothing(authority, flavour, caplog):
    with TlsServer(server_context(authority.make("crawl-server", days=-1)), stores_one) as server:
        with unsettled(flavour, server.url, tls_ca=authority.certificate):
            wait_until(lambda: "the server's certificate cannot be used now: certificate has expired" in caplog.text,
                       "it is said")
            wait_until(lambda: server.errors, "the handshake has failed")
    assert not server.clients


def test_the_servers_own_certificate_may_stand_for_its_cas(server_certificate, flavour):
    with TlsServer(server_context(server_certificate), stores_one) as server:
        with flavour(server.url, tls_ca=server_certificate.certificate, close_timeout=seconds(30)) as client:
            client.send(b"1")
            client.flush(seconds(30))


# Nothing goes without it


def test_a_plain_server_hears_a_handshake_and_no_record(flavour, caplog):
    heard = []

    def answers_in_plain(peer):
        heard.append(peer.sock.recv(65536))
        peer.say(error={"code": "wrong_protocol", "detail": "this is no frame"})

    with FakeServer(answers_in_plain) as server, unsettled(flavour, server.url.replace("tcp", "tls")):
        wait_until(lambda: "the server speaks no TLS there: a listener without it is tcp://HOST:PORT" in caplog.text,
                   "it is said")
    assert heard[0][:2] == b"\x16\x03" and b"session" not in heard[0]


@pytest.mark.parametrize("url", ["tcp://127.0.0.1:{}", "127.0.0.1:{}"])
def test_with_arguments_for_tls_no_address_is_without_it(authority, server_certificate, flavour, url):
    with TlsServer(server_context(server_certificate), stores_one) as server:
        port = server.url.rpartition(":")[2]
        with flavour(url.format(port), tls_ca=authority.certificate, close_timeout=seconds(30)) as client:
            client.send(b"1")
            client.flush(seconds(30))


def test_a_tls_server_at_a_plain_address_is_named(flavour):
    def alerts(peer):
        peer.hello()
        peer.sock.sendall(b"\x15\x03\x03\x00\x02\x02\x46")

    with FakeServer(alerts) as server:
        client = flavour(server.url, close_timeout=0)
        client.send(b"1")
        with pytest.raises(crawlspool.Refused, match="a TLS server answers: its address is tls://HOST:PORT"):
            client.flush(seconds(30))
        with pytest.raises(crawlspool.CrawlspoolError):
            client.close()


# This client's certificate


def test_the_servers_demand_for_a_certificate_is_met(authority, server_certificate, flavour):
    worker = authority.make("worker-7")
    with TlsServer(server_context(server_certificate, authority), stores_one) as server:
        with flavour(server.url, tls_ca=authority.certificate, tls_certificate=worker.certificate, tls_key=worker.key,
                     close_timeout=seconds(30)) as client:
            client.send(b"1")
            client.flush(seconds(30))
    assert server.clients == ["worker-7"]


def test_a_demand_for_a_certificate_is_named_where_there_is_none(authority, server_certificate, flavour, caplog):
    with TlsServer(server_context(server_certificate, authority), stores_one) as server:
        with unsettled(flavour, server.url, tls_ca=authority.certificate):
            wait_until(lambda: "the server wants a certificate of this client: see tls_certificate" in caplog.text,
                       "it is said")


def test_a_certificate_that_the_server_does_not_take_is_named(authority, server_certificate, tmp_path, flavour, caplog):
    stranger = Authority(tmp_path, "other").make("worker-7")
    with TlsServer(server_context(server_certificate, authority), stores_one) as server:
        with unsettled(flavour, server.url, tls_ca=authority.certificate, tls_certificate=stranger.certificate,
                       tls_key=stranger.key):
            wait_until(lambda: "the server does not take this client's certificate: see tls_certificate" in caplog.text,
                       "it is said")


def test_a_new_certificate_is_shown_on_the_next_connection(authority, server_certificate, flavour, caplog):
    shown, first, second = (authority.make(name) for name in ("shown", "first", "second"))

    def rotate(*files):
        """Puts these in place, as a tool that renews certificates does."""
        for source, target in zip(files, (shown.certificate, shown.key)):
            shutil.copy(source, target.with_suffix(".new"))
            target.with_suffix(".new").replace(target)

    def takes_one(peer):
        peer.welcome()
        peer.records(1)
        peer.say(ack=1 if len(server.clients) == 1 else len(server.clients))

    rotate(first.certificate, first.key)
    with TlsServer(server_context(server_certificate, authority), takes_one, takes_one, takes_one) as server:
        client = flavour(server.url, tls_ca=authority.certificate, tls_certificate=shown.certificate, tls_key=shown.key,
                         close_timeout=0)
        for number, files in enumerate([(second.certificate, second.key), (first.certificate,), ()], 1):
            client.send(b"%d" % number)
            client.flush(seconds(30))
            rotate(*files)
            wait_until(lambda count=number: caplog.text.count("the connection has ended") >= count or number == 3,
                       "the connection is gone")
        client.close()
    assert server.clients == ["first", "second", "second"]
    assert "TLS goes on with the files as they were before: tls_certificate is" in caplog.text


# Servers that hang


def test_a_handshake_that_hangs_is_given_up_in_time(authority, flavour, caplog):
    with listener() as silent:
        with unsettled(flavour, url_of(silent), tls_ca=authority.certificate, connect_timeout=0.3):
            wait_until(lambda: "no connection in time" in caplog.text, "it is given up")


def test_a_close_does_not_wait_for_a_handshake(authority, flavour):
    with listener() as silent, unsettled(flavour, url_of(silent), tls_ca=authority.certificate, connect_timeout=600):
        silent.accept()[0].recv(1)  # it has begun


def test_a_server_that_hangs_behind_tls_is_left(authority, server_certificate, flavour, caplog):
    def hangs(peer):
        peer.welcome()
        peer.drain()

    with TlsServer(server_context(server_certificate), hangs, stores_one) as server:
        with flavour(server.url, tls_ca=authority.certificate, answer_timeout=0.3, close_timeout=seconds(30)) as client:
            client.send(b"1")
            client.flush(seconds(30))
    assert "has said nothing for 0.3 s" in caplog.text


def test_tls_that_has_to_hear_first_does_not_wait_for_room():
    class Renegotiating:
        @staticmethod
        def send(_):
            raise ssl.SSLWantReadError

    assert send(Renegotiating(), memoryview(b"x")) == WANTS_TO_READ
