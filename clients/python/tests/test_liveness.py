"""A server that hangs is left, and one that is only slow is not. Only bytes that come from the other end count, since a
kernel acknowledges what nobody reads."""

import contextlib
import signal
import socket
import threading

import crawlspool
import pytest
from conversation import Conversation
from crawlspool import runner, worker
from fake_server import FakeServer
from records import numbered
from waiting import seconds, wait_until


@contextlib.contextmanager
def stopped(server):
    """The process is there, and its kernel takes what comes; nobody reads it."""
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


class Proxy:
    """Hands on what comes either way until it is told to stop; then it goes on reading and hands on nothing."""

    def __init__(self, server):
        self.target = server.address()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "tcp://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.forwards = True
        self.connections = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                self.connections += 1
                far = socket.create_connection(self.target)
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self.hand_on, args=(source, sink), daemon=True).start()

    def hand_on(self, source, sink):
        with contextlib.suppress(OSError), source, sink:
            while data := source.recv(65536):
                if self.forwards:
                    sink.sendall(data)


def trickle(client, until):
    """A record now and then: each is a byte or more that the other end's kernel takes."""
    def send():
        number = 0
        while not until.wait(0.05):
            client.send(b'{"n":%d}' % number)
            number += 1
        sent.append(number)
    sent = []
    thread = threading.Thread(target=send)
    thread.start()
    return thread, sent


def test_the_next_server_takes_over_from_one_that_hangs(start, flavour):
    first, second = start(name="first"), start(name="second")
    over = threading.Event()
    with flavour([first.url, second.url], answer_timeout=1) as client:
        client.send(b'"before"')
        client.flush(30)
        with stopped(first):
            thread, sent = trickle(client, over)
            try:
                wait_until(lambda: client.engine.session.home == second.url, "the first server is left", 30)
            finally:
                over.set()
                thread.join()
            client.flush(30)
    assert second.records() == numbered(sent[0])


def test_a_connection_that_hands_on_nothing_more_is_replaced(start, flavour):
    server = start()
    proxy = Proxy(server)
    with proxy.listener, flavour(proxy.url, answer_timeout=1) as client:
        client.send(b"0")
        client.flush(30)
        proxy.forwards = False
        client.send(b"1")
        wait_until(lambda: proxy.connections > 1, "the connection is given up", 30)
        proxy.forwards = True
        client.flush(30)
    assert server.records() == [b"0", b"1"]


def test_a_server_that_hangs_before_it_says_welcome_is_left(start, flavour):
    first, second = start(name="first"), start(name="second")
    with stopped(first), flavour([first.url, second.url], answer_timeout=0.5) as client:
        client.send(b"1")
        client.flush(30)
    assert second.records() == [b"1"]


def test_a_close_that_may_not_wait_ends_while_the_server_hangs(start, flavour):
    server = start()
    with stopped(server):
        client = flavour(server.url)
        client.send(b"1")
        with pytest.raises(crawlspool.Unsettled):
            client.close(0.1)


def test_a_close_waits_no_longer_than_told_for_a_goodbye(flavour, monkeypatch):
    """All is settled; the server says no goodbye."""
    ended = threading.Event()
    monkeypatch.setattr(runner, "BYE_SECONDS", 600)
    monkeypatch.setattr(worker, "BYE_SECONDS", 600)

    def says_no_goodbye(peer):
        peer.welcome()
        peer.records(1)
        peer.say(ack=1)
        peer.drain()
        ended.set()

    with FakeServer(says_no_goodbye) as server:
        client = flavour(server.url)
        client.send(b"1")
        client.flush(30)
        client.close(0)
        assert ended.wait(seconds(10))


def test_a_slow_server_is_not_left():
    """Its signs come every 15 s, which is more than this client waits for an answer."""
    one = Conversation(answer_timeout=5.0)
    one.connect()
    one.put(b"1")
    one.sent()
    for _ in range(5):
        one.hear("slow", {"reason": "disk_full", "retry_after_ms": 1000})
        for _ in range(15):
            one.now += 1
            one.engine.tick(one.now)
            one.output()
        assert not one.engine.over
    one.now += 45
    one.engine.tick(one.now)
    assert one.engine.over, "and its signs stay away"


def test_a_long_record_has_the_time_that_the_server_gives_it():
    """64 KiB a second, as PROTOCOL.md's timeouts.frame has it: nothing comes back while it is on its way."""
    one = Conversation(batch_bytes=8 << 20, window_bytes=16 << 20)
    one.connect()
    one.put(b'"%s"' % (b"x" * (6 << 20)))
    one.sent()
    one.now += 60 + 6 * 16 - 1
    one.engine.tick(one.now)
    assert not one.engine.over
    one.now += 1
    one.engine.tick(one.now)
    assert "has said nothing for 156 s" in one.engine.over.reason
