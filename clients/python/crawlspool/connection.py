"""One connection of the asyncio client: the loop's callbacks drive the engine, from hello until either end is done with
it. An object for each connection, so that what the loop still says of an old one is never taken for the new one's.

Whatever goes wrong in a callback ends the connection, and says so: loops differ in what they do with an exception."""

from __future__ import annotations

import asyncio
from typing import Any, Callable, Optional

from .engine import Engine
from .journal import Journal

OUTGOING_BYTES = 1 << 20  # beyond that the transport gets no more until it has room


class Connection(asyncio.Protocol):
    def __init__(self, engine: Engine, server: str, journal: Journal, on_received: Callable[[], None],
                 explain: Callable[[BaseException], str] = repr) -> None:
        self.why = ""  # it is gone
        self._loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[None] = self._loop.create_future()
        self._engine = engine
        self._server = server
        self._journal = journal
        self._on_received = on_received
        self._explain = explain
        self._transport: Any = None  # of any class: uvloop's is none of asyncio's
        self._writable = True
        self._over = False
        self._timer: Optional[asyncio.TimerHandle] = None

    def abort(self) -> None:
        """Nothing of it reaches the engine from here on."""
        self._over = True
        if self._timer:
            self._timer.cancel()
        transport, self._transport = self._transport, None
        if not self.gone.done() and not self._loop.is_closed():
            self.gone.set_result(None)
        if transport is not None:
            transport.abort()

    def pump(self) -> None:
        """Writes what is due and sets the clock for what will be."""
        self._guard(self._write)
        self._journal.publish()

    def _guard(self, function: Callable[..., None], *arguments: object) -> None:
        if self._transport is None or self._over:
            return
        try:
            function(*arguments)
        except Exception as error:
            self.why = f"{self._server}: {str(error) or repr(error)}"
            if not isinstance(error, OSError):  # of the network, or of the buffer's disk
                self._journal.error("the connection to %s ends by an error of the client", self._server, error=error)
            self.abort()

    def _write(self) -> None:
        engine, now = self._engine, self._loop.time()
        engine.tick(now)
        while self._writable:
            self._send(engine.control())
            piece = engine.take(now)
            if piece is None:
                break
            data = engine.encode(piece)
            engine.session.counters.bytes_sent += len(data)
            self._send(data)
        if engine.over or (engine.is_done() and not engine.welcomed):
            self.abort()
            return
        if self._timer:
            self._timer.cancel()
        seconds = engine.due(now, self._writable)
        self._timer = None if seconds is None else self._loop.call_later(seconds, self.pump)

    def _send(self, data: bytes) -> None:
        if data:
            self._transport.write(data)

    # As the loop calls it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        if self._over:
            self.abort()
            return
        self._guard(self._begin)
        self.pump()

    def _begin(self) -> None:
        self._transport.set_write_buffer_limits(high=OUTGOING_BYTES)
        self._send(self._engine.begin(self._server, self._loop.time()))

    def data_received(self, data: bytes) -> None:
        if self._over:
            return
        self._guard(self._engine.receive, data, self._loop.time())
        self._on_received()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self.pump()

    def connection_lost(self, error: Optional[Exception]) -> None:
        self.why = self.why or f"{self._server}: {self._explain(error) if error else 'the server closed'}"
        self._transport = None
        self.abort()
