"""Names with several addresses, and look-ups that hang: what does not answer holds up nothing that would."""

import contextlib
import errno
import socket
import threading

import crawlspool
import pytest
from crawlspool.addresses import Lookups, find_endpoints
from crawlspool.options import Address
from names import NAME, URL, address, full_listener, name_server
from records import dead_address
from waiting import seconds, wait_until


def test_the_families_take_turns(monkeypatch):
    answer = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (f"2001:db8::{n}", 1, 0, 0)) for n in (1, 2, 2, 3)]
    answer += [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 1))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    assert [str(one) for one in find_endpoints(Address(NAME, 1))] == ["2001:db8::1", "192.0.2.1", "2001:db8::2",
                                                                      "2001:db8::3"]


def test_a_name_without_an_address_is_told(monkeypatch):
    name_server(monkeypatch, list)
    with pytest.raises(OSError, match="crawl-server has no address"):
        find_endpoints(Address(NAME, 1))


def test_an_address_that_does_not_answer_holds_up_no_other(start, flavour, monkeypatch):
    server = start()
    with full_listener() as silent:
        name_server(monkeypatch, lambda: [address(silent), server.address()])
        with flavour(URL, connect_timeout=600) as client:
            client.send(b"1")
            client.flush(60)
            assert client.counters.connections == 1
    assert server.records() == [b"1"]


def test_an_address_that_refuses_makes_room_for_the_next(start, flavour, monkeypatch):
    server = start()
    sock, dead = dead_address()
    name_server(monkeypatch, lambda: [address(dead), server.address()])
    monkeypatch.setattr("crawlspool.dialer.STAGGER_SECONDS", 600)
    monkeypatch.setattr("crawlspool.aiodialer.STAGGER_SECONDS", 600)
    with sock, flavour(URL, connect_timeout=600) as client:
        client.send(b"1")
        client.flush(60)
    assert server.records() == [b"1"]


def test_what_each_address_said_is_told(flavour, monkeypatch, caplog):
    sock, dead = dead_address()
    with sock, full_listener() as silent:
        name_server(monkeypatch, lambda: [address(dead), address(silent)])
        client = flavour(URL, connect_timeout=0.3)
        client.send(b"1")
        wait_until(lambda: "no connection in time (127.0.0.1: " in caplog.text, "it is given up")
        with pytest.raises(crawlspool.Unsettled):
            client.close(0)
    assert f"[Errno {errno.ECONNREFUSED}]" in caplog.text


class HangingNames:
    """Look-ups of NAME that do not end before the test does."""

    def __init__(self, monkeypatch):
        self.asked = 0
        self.over = threading.Event()
        name_server(monkeypatch, self.look_up)

    def look_up(self):
        self.asked += 1
        self.over.wait(seconds(60))
        return []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()


def test_a_close_does_not_wait_for_a_look_up_that_hangs(flavour, monkeypatch):
    with HangingNames(monkeypatch) as names:
        client = flavour(URL, connect_timeout=600)
        client.send(b"1")
        wait_until(lambda: names.asked, "the name is looked up")
        with pytest.raises(crawlspool.Unsettled):
            client.close(0.1)
        assert not names.over.is_set()


def test_a_look_up_that_hangs_is_left_for_the_next_server_and_not_started_again(start, flavour, monkeypatch, caplog):
    server = start()
    url = server.url
    server.terminate()
    with HangingNames(monkeypatch) as names:
        with flavour([URL, url], connect_timeout=0.05) as client:
            client.send(b"1")
            wait_until(lambda: caplog.text.count(f"{URL}: no connection in time") >= 3, "the name is tried again")
            server.start()
            client.flush(60)
        assert names.asked == 1
    assert server.records() == [b"1"]


def test_a_connection_that_is_given_up_leaves_no_socket(flavour, monkeypatch):
    """Two addresses race; the one that lost is closed."""
    made = []
    real = socket.socket

    class Counted(real):
        def __init__(self, *args, **more):
            super().__init__(*args, **more)
            made.append(self)

    sock, dead = dead_address()
    with sock, full_listener() as silent, contextlib.suppress(crawlspool.Unsettled):
        name_server(monkeypatch, lambda: [address(silent), address(dead)])
        client = flavour(URL, connect_timeout=0.4)
        monkeypatch.setattr("crawlspool.addresses.socket.socket", Counted)
        client.send(b"1")
        wait_until(lambda: len(made) >= 4, "it was tried twice")
        client.close(0)
    wait_until(lambda: all(one.fileno() == -1 for one in made), "each is closed")


def test_where_no_thread_can_be_had_a_name_is_looked_up_all_the_same(monkeypatch):
    """As at a program's end, from Python 3.12 on."""
    def fail(_):
        raise RuntimeError("can't create new thread at interpreter shutdown")

    name_server(monkeypatch, lambda: [("192.0.2.1", 1)])
    monkeypatch.setattr(threading.Thread, "start", fail)
    lookup = Lookups().start(Address(NAME, 1))
    assert lookup.is_over() and [str(one) for one in lookup.result()] == ["192.0.2.1"]
