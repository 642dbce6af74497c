"""Ends that nobody planned: of threads, loops, callbacks and waits. Nothing is lost without a word."""

import asyncio
import contextlib
import gc
import logging
import select
import socket
import threading
import time

import crawlspool
import crawlspool.aio
import pytest
from buffers import only_directory
from crawlspool import pump, sockets
from fake_server import FakeServer
from flavours import Blocking
from names import full_listener
from records import dead_address, numbered
from waiting import seconds, wait_until


def test_a_server_that_takes_nothing_more_is_given_up(start, flavour, caplog):
    """With more to write than the sockets hold: the end of the connection is not left to the kernel, which takes a
    quarter of an hour."""
    given_up = threading.Event()

    def stuck(peer):
        peer.welcome(record_bytes_max=1 << 20)
        given_up.wait(seconds(30))

    def works(peer):
        peer.welcome(known=False, record_bytes_max=1 << 20)
        for number in range(300):
            assert peer.frame()[1] == record
            peer.say(ack=number + 1)
        peer.bye()

    record = b'"%s"' % (b"x" * 90000)
    with FakeServer(stuck, works) as server:
        server.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        with flavour(server.url, answer_timeout=1, batch_bytes=90000, compress=False) as client:
            client.send_all([record] * 300)
            wait_until(lambda: "has said nothing for 2 s" in caplog.text, "the server is given up", 30)
            given_up.set()


def test_a_close_that_may_not_wait_ends_while_the_server_talks(flavour):
    ended_by_client = []

    def talkative(peer):
        peer.welcome()
        end = time.monotonic() + seconds(20)
        try:
            while time.monotonic() < end:
                for _ in range(100):
                    peer.say(slow={"reason": "memory", "retry_after_ms": 1})
                while select.select([peer.sock], [], [], 0)[0]:
                    if not peer.sock.recv(65536):
                        raise ConnectionError
        except ConnectionError:
            ended_by_client.append(True)

    with FakeServer(talkative) as server:
        client = flavour(server.url)
        client.send(b"1")
        wait_until(lambda: client.engine.slow, "the server talks")
        with pytest.raises(crawlspool.Unsettled):
            client.close(0)
    assert ended_by_client


def test_why_a_server_ended_it_is_read_where_sending_fails(monkeypatch):
    """The record is too large, and the connection is reset while the client still sends: what the server said before
    is in the socket."""

    def refuses(peer):
        peer.welcome()
        peer.received.read(4)
        peer.say(error={"code": "frame_too_large", "detail": "d", "seq": 1})
        peer.drain()

    def goes_on(peer):
        assert peer.welcome(last_seq=1)["from"] == 2
        peer.bye()

    def reset_once_it_was_said(sock, data):
        if bytes(data[:1]) == b"\x10":  # hello
            return sockets.send(sock, data)
        sock.send(data[:4])
        select.select([sock], [], [])
        raise ConnectionResetError

    told = []
    monkeypatch.setattr(pump, "send", reset_once_it_was_said)
    with FakeServer(refuses, refuses, goes_on) as server:
        with crawlspool.Client(server.url, on_reject=told.append, close_timeout=0) as client:
            client.send(b"123")
            wait_until(lambda: told, "the record is rejected")
            monkeypatch.undo()
    assert [one.code for one in told] == ["record_too_large"]


def test_a_thread_that_cannot_start_takes_nothing(start, tmp_path, monkeypatch):
    server = start()

    def fail(_):
        raise RuntimeError("can't start new thread")

    for options in ({}, {"buffer_dir": tmp_path / "buffer"}):
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", fail)
            with pytest.raises(RuntimeError, match="thread"):
                crawlspool.Client(server.url, **options).send(b"1")
        with crawlspool.Client(server.url, **options) as client:
            client.send(b"2")
    assert server.records() == [b"2", b"2"]
    assert list((tmp_path / "buffer").iterdir()) == []


def test_a_callback_that_exits_is_told_to_who_sends(start):
    server = start()

    def leave(_):
        raise SystemExit

    client = crawlspool.Client(server.url, on_ack=leave, window=10)
    client.send(b"1")
    with pytest.raises(crawlspool.Refused, match="SystemExit"):
        for record in numbered(1000):
            client.send(record)
    with contextlib.suppress(crawlspool.CrawlspoolError):
        client.close()


def test_a_close_that_is_broken_off_says_what_is_lost(flavour, monkeypatch, caplog):
    error = KeyboardInterrupt if flavour is Blocking else asyncio.CancelledError
    sock, url = dead_address()
    with sock:
        client = flavour(url)
        client.send_all(numbered(3))

        def broken_off(*_):
            raise error

        monkeypatch.setattr(client.client._driver, "wait_settled", broken_off)
        with pytest.raises(BaseException):
            client.close()
    assert "3 records are not settled; they are lost with this client" in caplog.text


def test_who_asks_for_room_of_a_client_that_has_ended_is_told_at_once(start):
    server = start()
    client = crawlspool.Client(server.url)
    client.send(b"1")
    client.close()
    told = []
    client._closed = False
    client.call_when_room(lambda: told.append(1))
    assert told == [1]


def test_a_close_does_not_wait_for_a_connection_that_does_not_come_about(flavour):
    with full_listener() as url:
        client = flavour(url, connect_timeout=600)
        client.send(b"1")
        with pytest.raises(crawlspool.Unsettled):
            client.close(0.1)


def test_a_connection_that_does_not_come_about_is_given_up(flavour, caplog):
    with full_listener() as url:
        client = flavour(url, connect_timeout=0.1)
        client.send(b"1")
        wait_until(lambda: "no connection in time" in caplog.text, "it is given up")
        with pytest.raises(crawlspool.Unsettled):
            client.close(0)


# asyncio


def test_a_loop_that_ends_before_the_client_says_so(caplog):
    sock, url = dead_address()
    client = crawlspool.aio.Client(url)

    async def send():
        await client.send(b"1")

    with sock:
        asyncio.run(send())
        assert "1 records are not settled" in caplog.text
        with pytest.raises(crawlspool.Closed, match="loop"):
            asyncio.run(send())
        with pytest.raises(crawlspool.Unsettled):
            asyncio.run(client.flush())
        with pytest.raises(crawlspool.Unsettled):
            asyncio.run(client.close())


def test_a_loop_that_is_closed_without_a_word_is_noticed(caplog):
    sock, url = dead_address()
    client = crawlspool.aio.Client(url)
    loop = asyncio.new_event_loop()

    async def send():
        await client.send(b"1")
        await asyncio.sleep(0.01)  # its task begins to connect

    with sock:
        loop.run_until_complete(send())
        loop.close()
        with pytest.raises(crawlspool.Unsettled):
            asyncio.run(client.close())
    del client
    with caplog.at_level(logging.CRITICAL):  # asyncio's own word on the task
        gc.collect()


def test_who_waits_for_room_is_not_left_behind_by_a_loop_that_ends():
    sock, url = dead_address()

    async def run():
        client = crawlspool.aio.Client(url, window=1, close_timeout=0)
        await client.send(b"1")
        waiting = asyncio.ensure_future(client.send(b"2"))
        await asyncio.sleep(0)
        client._driver._task.cancel()
        with pytest.raises(crawlspool.Closed):
            await waiting
        with pytest.raises(crawlspool.Unsettled):
            await client.close()

    with sock:
        asyncio.run(run())


def test_a_send_that_is_cancelled_has_sent_nothing_where_there_is_a_buffer_too(start, tmp_path):
    server = start()
    url = server.url
    server.terminate()

    async def run():
        async with crawlspool.aio.Client(url, window=1, buffer_dir=tmp_path) as client:
            sent = []
            for record in numbered(1000):
                task = asyncio.ensure_future(client.send(record))
                await asyncio.sleep(0)
                if task.done():
                    sent.append(record)
                    continue
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert len(sent) < 1000
            server.start()
            await client.flush(60)
            return sent

    sent = asyncio.run(run())
    assert server.records() == sent


def test_waits_that_are_given_up_leave_nothing_behind(tmp_path):
    sock, url = dead_address()

    async def run():
        client = crawlspool.aio.Client(url, close_timeout=0, buffer_dir=tmp_path)
        await client.send(b"1")
        for _ in range(100):
            with pytest.raises(crawlspool.Unsettled):
                await client.flush(0)
        assert not client._driver._for_settled
        await client.close()

    with sock:
        asyncio.run(run())
    assert only_directory(tmp_path)
