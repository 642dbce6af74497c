"""Servers at unix sockets: read from text, connected to, waited for and named by their path, beside those by TCP."""

import errno
import functools
import json
import os
import socket
import ssl

import crawlspool
import pytest
from crawlspool import addresses
from crawlspool.options import SocketPath, parse_servers
from fake_server import FakeServer
from records import dead_address, numbered
from unix_server import UnixServer, full_queue, listen, stores_one
from waiting import seconds, wait_until


@pytest.fixture
def path(tmp_path_factory):
    """A short one: a socket's has at most 107 bytes."""
    return tmp_path_factory.mktemp("s") / "stream.sock"


@pytest.fixture
def client_of(flavour):
    """Makes a client whose close() fails, instead of waiting, where a record is not stored in time."""
    return functools.partial(flavour, close_timeout=seconds(30))


# What is read


LONG = "/" + "x" * 106


def test_a_path_may_have_107_bytes_however_they_are_written():
    assert parse_servers([f"unix://{LONG}", "unix:///%78" + "x" * 105]) == [SocketPath(LONG)] * 2


def test_tcp_and_unix_stand_in_one_list():
    assert parse_servers("tcp://h:1, unix:///run/s.sock,h:2") == [("h", 1), ("/run/s.sock",), ("h", 2)]


@pytest.mark.parametrize("url, rule", [
    ("unix://", "an absolute path, with three slashes in a row: unix:///run/crawlspool/stream.sock"),
    ("unix://run/s.sock", "an absolute path, with three slashes in a row: unix:///run/crawlspool/stream.sock"),
    ("unix://?mode=0660", "an absolute path"),
    ("unix://@abstract", "the path of a socket's file, as in unix:///run/crawlspool/stream.sock"),
    ("unix://%40abstract", "the path of a socket's file"),
    ("unix:///run/s.sock?mode=0660", "unix:///PATH without ?…"),
    ("unix:///run/s.sock?", "a ? in the path is %3F"),
    (f"unix://{LONG}y", "a path of at most 107 bytes, and this one has 108"),
    ("unix:///" + "网" * 36, "a path of at most 107 bytes, and this one has 109"),
    ("unix:///run/", "without the / at its end"),
    ("unix:///100%", "with %25 for each % in the path"),
    ("unix:///a%0", "with %25 for each % in the path"),
    ("unix:///a%00", "without %00"),
    ("unix:/run/s.sock", "tcp://HOST:PORT or unix:///PATH"),
])
def test_what_is_no_path_is_refused_with_what_to_write_instead(url, rule):
    with pytest.raises(crawlspool.ConfigurationError) as raised:
        crawlspool.Client(["tcp://127.0.0.1:1", url])
    assert str(raised.value).startswith(f"servers is {url!r}; it is ") and rule in str(raised.value)


def test_tls_and_a_unix_socket_are_refused_together():
    with pytest.raises(crawlspool.ConfigurationError, match="servers is 'unix:///s.sock'; .* made without tls"):
        crawlspool.Client("tcp://h:1,unix:///s.sock", tls=ssl.create_default_context())


def test_a_system_without_unix_sockets_says_so(monkeypatch):
    monkeypatch.delattr(socket, "AF_UNIX")
    with pytest.raises(crawlspool.ConfigurationError, match="tcp://HOST:PORT: this system's Python has no unix sockets"):
        parse_servers("unix:///run/s.sock")


# A scripted server


def test_no_name_is_looked_up(path, client_of, monkeypatch):
    def fail(*_, **__):
        raise AssertionError("a look-up")

    with UnixServer(path, stores_one) as server:
        monkeypatch.setattr(socket, "getaddrinfo", fail)
        with client_of(server.url) as client:
            client.send(b"1")
            client.flush(30)
            assert client.counters.connections == 1


def test_a_path_of_any_bytes_is_connected_to(path, client_of):
    path = path.with_name("a, b%20?#网.sock")
    with UnixServer(path, stores_one), client_of(str(SocketPath(str(path)))) as client:
        client.send(b"1")
        client.flush(30)


def test_a_connection_that_ends_is_made_again_under_the_same_session(path, client_of):
    hellos = []

    def breaks_off(peer):
        hellos.append(peer.welcome())
        assert peer.records(1) == [b"1"]

    def goes_on(peer):
        hellos.append(peer.welcome())
        assert peer.records(1) == [b"1"]
        peer.say(ack=1)
        peer.bye()

    with UnixServer(path, breaks_off, goes_on) as server, client_of(server.url) as client:
        client.send(b"1")
        client.flush(30)
        assert (client.counters.connections, client.counters.resent) == (2, 1)
    assert hellos[0]["session"] == hellos[1]["session"]


@pytest.mark.parametrize("code", [errno.ENOENT, errno.ECONNREFUSED])
def test_a_server_that_is_away_is_named_by_its_path_and_found_later(path, client_of, caplog, code):
    if code == errno.ECONNREFUSED:
        listen(path).close()  # whose file stays
    client = client_of(f"unix://{path}")
    client.send(b"1")
    wait_until(lambda: f"1 records wait: unix://{path}: [Errno {code}]" in caplog.text, "the error is in the log")
    with UnixServer(path, stores_one):
        client.flush(60)
        client.close()


def test_the_next_server_is_tried_whichever_kind_it_is(path, client_of):
    sock, dead = dead_address()
    with sock, UnixServer(path, stores_one) as server, client_of([dead, server.url]) as client:
        client.send(b"1")
        client.flush(30)
    with FakeServer(stores_one) as server, client_of([f"unix://{path}", server.url]) as client:
        client.send(b"1")
        client.flush(30)


def test_a_full_queue_is_given_up_in_time_and_named(path, client_of, caplog):
    with listen(path, 0), full_queue(path):
        client = client_of(f"unix://{path}", connect_timeout=0.3)
        client.send(b"1")
        wait_until(lambda: f"unix://{path}: no connection in time ({path}: [Errno {errno.EAGAIN}] the listener's queue of "
                           "connections is full)" in caplog.text, "it is given up")
        with pytest.raises(crawlspool.Unsettled):
            client.close(0)


def test_a_close_does_not_wait_for_a_full_queue(path, client_of):
    with listen(path, 0), full_queue(path):
        client = client_of(f"unix://{path}", connect_timeout=600)
        client.send(b"1")
        with pytest.raises(crawlspool.Unsettled):
            client.close(0.1)


def test_a_queue_that_has_room_again_is_the_same_attempt(path, client_of, monkeypatch, caplog):
    attempts = []

    def counted(*arguments):
        attempts.append(addresses.connect_unix(*arguments))
        return attempts[-1]

    monkeypatch.setattr("crawlspool.dialer.connect_unix", counted)
    monkeypatch.setattr("crawlspool.aiodialer.connect_unix", counted)
    server = UnixServer(path, backlog=0)
    with full_queue(path) as count:
        client = client_of(server.url, connect_timeout=600)
        client.send(b"1")
        wait_until(lambda: attempts, "it has tried")
        server.turns = [lambda _: None] * count + [stores_one]
        with server:
            client.flush(60)
            client.close()
    assert not attempts[0] and attempts.count(True) == 1
    assert "the connection has ended" not in caplog.text


# The daemon


def listening_at(*urls):
    return {"listen.stream": json.dumps(urls)}


def test_the_daemon_stores_each_record_once_though_it_is_killed(start, client_of, path):
    server = start(listening_at(f"unix://{path}"))
    assert server.url == f"unix://{path}"
    with client_of(server.url, window=20000) as client:
        client.send(numbered(1)[0])
        client.flush(60)
        client.send_all(numbered(4999, 1))
        server.restart()
        client.send_all(numbered(5000, 5000))
        client.flush(60)
        assert (client.counters.connections, client.counters.maybe_twice) == (2, 0)
    assert server.records() == numbered(10000)
    assert {line.peer for line in server.spool.lines()} == {f"unix:uid={os.getuid()}"}


def test_the_daemon_takes_records_by_tcp_and_by_path_at_once(start, client_of, path):
    server = start(listening_at("tcp://127.0.0.1:0", f"unix://{path}"))
    for url in (server.url, f"unix://{path}"):
        with client_of(url) as client:
            client.send_all(numbered(10))
    assert server.records() == numbered(10) * 2
    assert [line.peer.split(":")[0] for line in server.spool.lines()] == ["127.0.0.1"] * 10 + ["unix"] * 10
