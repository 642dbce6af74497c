"""Logging handlers that do anything at all: send through the client whose line it is, wait, or fail."""

import asyncio
import json
import logging
import threading

import crawlspool
import crawlspool.aio
import pytest
from crawlspool import journal
from fake_server import FakeServer
from records import dead_address, numbered
from waiting import seconds, wait_until

log = logging.getLogger("crawlspool")


class Sender(logging.Handler):
    """Each line becomes a record."""

    def __init__(self):
        super().__init__()
        self.send = None
        self.errors = []

    def emit(self, record):
        try:
            self.send({"line": record.getMessage()})
        except Exception as error:  # pylint: disable=broad-except
            self.errors.append(error)


@pytest.fixture
def sender():
    handler = Sender()
    log.addHandler(handler)
    yield handler
    log.removeHandler(handler)


def refuses_the_session(peer):
    peer.hello()
    peer.say(error={"code": "session_mismatch", "detail": "d"})


def takes_all(count):
    def turn(peer):
        peer.welcome(known=False)
        got = 0
        while got < count:
            _, payload = peer.frame()
            got += payload.count(b"\n") + 1
            peer.say(ack=got)
            lines.extend(payload.split(b"\n"))
        peer.bye()
    lines = []
    return turn, lines


def test_a_line_about_a_session_may_be_sent_by_the_client_itself(sender):
    turn, lines = takes_all(3)
    with FakeServer(refuses_the_session, turn) as server:
        with crawlspool.Client(server.url) as client:
            sender.send = client.send
            client.send(b"1")
            wait_until(lambda: client.counters().records == 3, "both lines are sent")
            log.removeHandler(sender)
    assert not sender.errors
    assert [json.loads(line) for line in lines][1]["line"].startswith("a new session is begun")


def test_a_line_may_be_sent_in_the_loop_too(sender):
    turn, lines = takes_all(3)

    async def run():
        async with crawlspool.aio.Client(server.url) as client:
            sender.send = client.try_send
            await client.send(b"1")
            while client.counters().records < 3:
                await asyncio.sleep(0.001)
            log.removeHandler(sender)

    with FakeServer(refuses_the_session, turn) as server:
        asyncio.run(asyncio.wait_for(run(), seconds(30)))
    assert not sender.errors
    assert sorted(type(json.loads(line)) is dict for line in lines) == [False, True, True]


def test_a_handler_that_waits_for_room_holds_up_nothing_that_makes_room(start, sender):
    """It holds its own lock meanwhile, which the client's thread must not ask for."""
    server = start()
    url = server.url
    server.terminate()
    client = crawlspool.Client(url, window=1)
    sender.send = client.send
    client.send(b"0")
    threads = [threading.Thread(target=log.warning, args=("line %d", n)) for n in range(3)]
    for thread in threads:
        thread.start()
    wait_until(lambda: client._driver._shared.room._waiting, "a handler waits for room")
    server.start()
    client.flush(60)
    for thread in threads:
        thread.join(seconds(30))
        assert not thread.is_alive()
    log.removeHandler(sender)
    client.close()
    stored = [json.loads(record) for record in server.records()]
    assert {f"line {n}" for n in range(3)} <= {one["line"] for one in stored[1:]}
    assert all(isinstance(error, crawlspool.Closed) for error in sender.errors)  # of lines that came later


def test_a_close_does_not_wait_for_a_handler_that_hangs(monkeypatch):
    monkeypatch.setattr(journal, "_thread", journal._LoggingThread())
    over, entered = threading.Event(), threading.Event()

    class Hangs(logging.Handler):
        def emit(self, record):
            if threading.current_thread().name == "crawlspool-log":
                entered.set()
                over.wait(seconds(60))

    handler = Hangs()
    log.addHandler(handler)
    sock, url = dead_address()
    try:
        with sock:
            client = crawlspool.Client(url)
            client.send(b"1")
            assert entered.wait(seconds(30))
            log.removeHandler(handler)
            with pytest.raises(crawlspool.Unsettled):
                client.close(0)
            assert not over.is_set()
    finally:
        over.set()
        log.removeHandler(handler)


def test_lines_that_no_handler_takes_are_counted_and_bounded(monkeypatch, caplog):
    monkeypatch.setattr(journal, "LINES_MAX", 10)
    monkeypatch.setattr(journal, "_thread", journal._LoggingThread())
    over, entered = threading.Event(), threading.Event()

    class Hangs(logging.Handler):
        def emit(self, record):
            entered.set()
            over.wait(seconds(60))

    handler, said = Hangs(), journal.ThreadJournal()
    log.addHandler(handler)
    try:
        said.warning("first")
        assert entered.wait(seconds(30))
        for n in range(15):
            said.warning("line %d", n)
    finally:
        over.set()
        log.removeHandler(handler)
    said.publish()
    assert "5 lines were not logged" in caplog.text
    assert "line 9" in caplog.text and "line 10" not in caplog.text


def test_a_handler_that_fails_stops_nothing(start, flavour, sender, monkeypatch):
    server = start()
    url = server.url
    server.terminate()

    def fail(_):
        raise RuntimeError("no handler of mine")

    monkeypatch.setattr(sender, "emit", fail)
    with flavour(url) as client:
        client.send_all(numbered(10))
        server.start()
        client.flush(60)
    assert server.records() == numbered(10)


def test_a_callback_that_holds_up_the_thread_does_not_hold_up_a_close(start):
    server = start()
    over, entered = threading.Event(), threading.Event()

    def hold_up(_):
        entered.set()
        over.wait(seconds(60))

    client = crawlspool.Client(server.url, on_ack=hold_up)
    try:
        client.send(b"1")
        assert entered.wait(seconds(30))
        client.close(0)
        assert not over.is_set()
    finally:
        over.set()
    assert server.records() == [b"1"]
