"""One connection of the asyncio client: the loop's callbacks drive the engine, from hello until either end is done with
it. An object for each connection, so that what the loop still says of an old one is never taken for the new one's."""

from __future__ import annotations

import asyncio
import socket
from typing import Callable, Optional

from .engine import Engine
from .sockets import count_under_way

OUTGOING_BYTES = 1 << 20  # beyond that the transport gets no more until it has room


class Connection(asyncio.Protocol):
    def __init__(self, engine: Engine, server: str, on_received: Callable[[], None]) -> None:
        self.why = ""  # it is gone
        self._loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[None] = self._loop.create_future()
        self._engine = engine
        self._server = server
        self._on_received = on_received
        self._transport: Optional[asyncio.Transport] = None
        self._socket: Optional[socket.socket] = None
        self._writable = True
        self._written = 0
        self._over = False
        self._timer: Optional[asyncio.TimerHandle] = None

    def abort(self) -> None:
        """Nothing of it reaches the engine from here on."""
        self._over = True
        if self._timer:
            self._timer.cancel()
        if self._transport:
            self._transport.abort()

    def pump(self) -> None:
        """Writes what is due and sets the clock for what will be."""
        if self._transport is None or self._over:
            return
        try:
            self._write(self._transport, self._loop.time())
        except OSError as error:  # of the buffer's disk
            self._fail(error)

    def _write(self, transport: asyncio.Transport, now: float) -> None:
        engine = self._engine
        engine.tick(now, self._written - transport.get_write_buffer_size() - self._count_under_way())
        while self._writable:
            self._send(transport, engine.control())
            piece = engine.take(now)
            if piece is None:
                break
            data = engine.encode(piece)
            engine.session.counters.bytes_sent += len(data)
            self._send(transport, data)
        if engine.over or (engine.is_done() and not engine.welcomed):
            transport.abort()
            return
        if self._timer:
            self._timer.cancel()
        seconds = engine.due(now, self._writable)
        self._timer = None if seconds is None else self._loop.call_later(seconds, self.pump)

    def _send(self, transport: asyncio.Transport, data: bytes) -> None:
        if data:
            self._written += len(data)
            transport.write(data)

    def _count_under_way(self) -> int:
        return count_under_way(self._socket.fileno()) if self._socket else 0

    def _fail(self, error: OSError) -> None:
        self.why = f"{self._server}: {error}"
        self.abort()

    # As asyncio calls it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._over:
            transport.abort()
            return
        self._socket = transport.get_extra_info("socket")
        if self._socket:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        transport.set_write_buffer_limits(high=OUTGOING_BYTES)
        try:
            self._send(transport, self._engine.begin(self._server, self._loop.time()))
        except OSError as error:
            self._fail(error)
        self.pump()

    def data_received(self, data: bytes) -> None:
        if self._over:
            return
        try:
            self._engine.receive(data, self._loop.time())
        except OSError as error:
            self._fail(error)
        self._on_received()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self.pump()

    def connection_lost(self, error: Optional[Exception]) -> None:
        self.why = self.why or f"{self._server}: {error or 'the server closed'}"
        self._over, self._transport, self._socket = True, None, None
        if self._timer:
            self._timer.cancel()
        if not self.gone.done():
            self.gone.set_result(None)
