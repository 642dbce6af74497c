"""The asyncio client in loops that are not asyncio's own, and with transports that fail."""

import asyncio

import crawlspool
import crawlspool.aio
import pytest
from conversation import Conversation
from crawlspool import frames
from crawlspool.connection import Connection
from crawlspool.journal import AT_ONCE
from names import URL, address, full_listener, name_server
from records import numbered
from unix_server import UnixServer, stores_one


class Transport:
    """What a transport does, and of no class that asyncio knows."""

    def __init__(self, failing=None):
        self.written = b""
        self.aborted = False
        self.failing = failing

    def get_extra_info(self, name, default=None):
        return default

    def set_write_buffer_limits(self, high=None, low=None):
        pass

    def write(self, data):
        if self.failing:
            raise self.failing
        self.written += data

    def abort(self):
        self.aborted = True


def connection(one):
    return Connection(one.engine, one.server, AT_ONCE, lambda: None)


def test_a_transport_may_be_of_any_class():
    async def run():
        one, transport = Conversation(), Transport()
        made = connection(one)
        made.connection_made(transport)
        assert transport.written[:1] == bytes([frames.HELLO << 4]) and not made.gone.done()
        made.abort()
        assert transport.aborted and made.gone.done()

    asyncio.run(run())


@pytest.mark.parametrize("error", [AssertionError("no transport of mine"), RuntimeError(), ConnectionResetError()])
def test_whatever_a_transport_raises_ends_the_connection_and_is_told(error):
    async def run():
        one, transport = Conversation(), Transport(error)
        made = connection(one)
        made.connection_made(transport)
        assert transport.aborted and made.gone.done()
        assert (str(error) or repr(error)) in made.why

    asyncio.run(run())


def test_an_error_of_the_engine_ends_the_connection(caplog, monkeypatch):
    async def run():
        one, transport = Conversation(), Transport()
        made = connection(one)
        made.connection_made(transport)

        def fail(*_):
            raise ZeroDivisionError("in the middle of it")

        monkeypatch.setattr(one.engine, "receive", fail)
        made.data_received(b"123")
        assert made.gone.done() and "in the middle of it" in made.why

    asyncio.run(run())
    assert "ZeroDivisionError" in caplog.text


def test_a_connection_whose_transport_fails_is_tried_again_and_closed_in_time(start, monkeypatch):
    server = start()

    async def run():
        client = crawlspool.aio.Client(server.url)
        with monkeypatch.context() as patch:
            def fail(*_):
                raise AssertionError("no transport of mine")
            patch.setattr(Connection, "_begin", fail)
            await client.send(b"1")
            with pytest.raises(crawlspool.Unsettled):
                await client.flush(0.1)
        await client.flush(60)
        await client.close()

    asyncio.run(run())
    assert server.records() == [b"1"]


# uvloop


@pytest.fixture
def run_in_uvloop():
    uvloop = pytest.importorskip("uvloop", reason="uvloop is not installed; Debian has python3-uvloop")

    def run(coroutine):
        loop = uvloop.new_event_loop()
        try:
            return loop.run_until_complete(coroutine)
        finally:
            loop.close()
    return run


def test_uvloop_stores_everything(start, tmp_path, run_in_uvloop):
    server = start()

    async def deliver(**options):
        async with crawlspool.aio.Client(server.url, window=100, **options) as client:
            for record in numbered(2000):
                await client.send(record)

    run_in_uvloop(deliver())
    run_in_uvloop(deliver(buffer_dir=tmp_path / "buffer"))
    assert server.records() == numbered(2000) * 2


def test_uvloop_tries_the_second_address(start, monkeypatch, run_in_uvloop):
    server = start()

    async def deliver():
        async with crawlspool.aio.Client(URL, connect_timeout=600) as client:
            await client.send(b"1")
            await client.flush(60)

    with full_listener() as silent:
        name_server(monkeypatch, lambda: [address(silent), server.address()])
        run_in_uvloop(deliver())
    assert server.records() == [b"1"]


def test_uvloop_sends_to_a_unix_socket(tmp_path_factory, run_in_uvloop):
    async def deliver(url):
        async with crawlspool.aio.Client(url) as client:
            await client.send(b"1")

    with UnixServer(tmp_path_factory.mktemp("s") / "stream.sock", stores_one) as server:
        run_in_uvloop(deliver(server.url))


def test_uvloop_closes_in_time_where_nobody_answers(run_in_uvloop):
    async def give_up():
        client = crawlspool.aio.Client(silent, connect_timeout=600)
        await client.send(b"1")
        with pytest.raises(crawlspool.Unsettled):
            await client.close(0.1)

    with full_listener() as silent:
        run_in_uvloop(give_up())
