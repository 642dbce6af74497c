"""One session of the asyncio client: a task that connects, and the connection's callbacks that drive the engine. All of
it runs in the client's loop."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Deque, List, Optional

from .base import Driver
from .buffer import DISK_RETRY_SECONDS, Buffer
from .engine import Engine
from .errors import Closed, CrawlspoolError, Full, Refused
from .options import Address, Options
from .outbox import Outbox
from .route import Route
from .session import Counters
from .telling import tell

log = logging.getLogger("crawlspool")

OUTGOING_BYTES = 1 << 20  # beyond that the transport gets no more until it has room
SPILLED_PER_TURN = 64  # records put between two turns of the loop, while memory is full
BYE_SECONDS = 5.0  # for the server's goodbye, once all is settled


class Runner(Driver, asyncio.Protocol):
    """asyncio calls it for the connection of the moment."""

    def __init__(self, options: Options, buffer: Optional[Buffer], *, only_drains: bool = False) -> None:
        self._options = options
        self._outbox = Outbox(options.window, options.window_bytes, options.batch_records, options.batch_bytes, buffer)
        self.engine = Engine(options, self._outbox)
        self.engine.finishing = only_drains
        self._route = Route(options, self.engine.session)
        self._loop = asyncio.get_running_loop()
        self._failed: Optional[CrawlspoolError] = None
        self._closed = False
        self._stopping = False
        self._transport: Optional[asyncio.Transport] = None
        self._server = ""
        self._why = ""
        self._writable = True
        self._gone: Optional[asyncio.Future[None]] = None  # done once the connection is
        self._timer: Optional[asyncio.TimerHandle] = None
        self._changed = asyncio.Event()  # what a sleeping _run() waits for
        self._for_room: Deque[asyncio.Future[None]] = deque()
        self._for_settled: List[asyncio.Future[None]] = []
        self._task = self._loop.create_task(self._run())

    # The client's side

    def try_put(self, payload: bytes) -> bool:
        self._check_open()
        return not self._for_room and self._take(payload)

    def _take(self, payload: bytes) -> bool:
        """False if there is no room for it."""
        if not self._outbox.has_room(len(payload)):
            return False
        try:
            if self.engine.put(payload, self._loop.time()):
                self._changed.set()
                self._pump()
        except Full:
            return False
        return True

    async def put(self, payload: bytes) -> None:
        """Waits for room behind those that wait for it already. A call that is cancelled has put nothing."""
        if self._options.when_full == "raise":
            raise Full(f"no room for a record of {len(payload)} bytes: {self._outbox.held} are not settled yet")
        waiter = self._loop.create_future()
        self._for_room.append(waiter)
        try:
            while True:
                await asyncio.wait((waiter,), timeout=DISK_RETRY_SECONDS if self._outbox.buffer else None)
                self._check_open()
                if self._for_room[0] is waiter and self._take(payload):
                    return
                if waiter.done():
                    self._for_room[self._for_room.index(waiter)] = waiter = self._loop.create_future()
        finally:
            self._for_room.remove(waiter)
            self._wake_next()

    def _check_open(self) -> None:
        if self._closed:
            raise Closed("the client is closed")
        if self._failed:
            raise self._failed

    def _wake_next(self) -> None:
        """The first that waits for room looks for itself, and wakes the next one when it is gone."""
        if self._for_room and (self._closed or self._failed or self._outbox.has_room(0)):
            waiter = self._for_room[0]
            if not waiter.done():
                waiter.set_result(None)

    def has_spilled(self) -> bool:
        """Now and then true while there are more records than memory has room for."""
        return self._outbox.spilled > 0 and self._outbox.next % SPILLED_PER_TURN == 0

    async def wait_settled(self) -> None:
        self.engine.hurried += 1
        self._pump()
        try:
            while self._outbox.held:
                if self._failed:
                    raise self._failed
                if self._task.done():
                    return
                waiter = self._loop.create_future()
                self._for_settled.append(waiter)
                await waiter
        finally:
            self.engine.hurried -= 1

    def counters(self) -> Counters:
        return self.engine.session.snapshot()

    def is_crowded(self) -> bool:
        return bool(self.engine.slow) or self._outbox.is_crowded()

    def finish(self) -> None:
        self._closed = True
        self.engine.finishing = True
        self._changed.set()
        self._wake_all()
        self._pump()

    async def stop(self) -> int:
        """Ends the task; how many records were not settled."""
        if self._outbox.held:
            self._stop()
        await asyncio.wait((self._task,), timeout=BYE_SECONDS)
        self._stop()
        await asyncio.wait((self._task,))
        return self._outbox.held

    def _stop(self) -> None:
        self._stopping = True
        self._changed.set()
        if self._transport:
            self._transport.abort()

    def abandon(self) -> None:
        if self._outbox.buffer:
            self._outbox.buffer.release()

    def _wake_all(self) -> None:
        self._wake_next()
        waiters, self._for_settled = self._for_settled, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    # The life of the session

    def _is_over(self) -> bool:
        return self._stopping or self.engine.is_done()

    async def _run(self) -> None:
        try:
            while not self._is_over():
                await self._sleep(None)  # until there is something to say, and somebody to say it to
                step = self._route.next(self._loop.time())
                await self._sleep(step.wait_seconds)
                if not self._is_over():
                    await self._visit(step.server)
        except Exception as error:
            log.exception("the client's task has ended; nothing more is sent")
            self._failed = Refused("this client", "internal_error", repr(error))
        finally:
            if self._outbox.buffer:
                self._outbox.buffer.close()
            self._wake_all()

    async def _sleep(self, seconds: Optional[float]) -> None:
        """Until the time is over or the state has changed in a way that ends it."""
        end = None if seconds is None else self._loop.time() + seconds
        while not self._is_over():
            left = None if end is None else end - self._loop.time()
            if (left is not None and left <= 0) or (left is None and self._outbox.held and not self._failed):
                return
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except asyncio.TimeoutError:
                return

    async def _visit(self, server: Address) -> None:
        """One attempt at a connection, and its whole life."""
        engine = self.engine
        reason = ""
        self._server, self._why, self._writable = str(server), "", True
        self._gone = self._loop.create_future()
        try:
            await asyncio.wait_for(
                self._loop.create_connection(lambda: self, server.host, server.port, ssl=self._options.tls),
                self._options.connect_timeout)
            if self._stopping and self._transport:
                self._transport.abort()
            await self._gone
            reason = self._why
        except (OSError, asyncio.TimeoutError) as error:
            reason = f"{server}: {error or 'no connection in time'}"
        finally:
            if self._transport:
                self._transport.abort()
        now = self._loop.time()
        ended = engine.end(now)
        self._failed = self._route.ended(server, ended, now)
        if self._failed:
            log.error("%s", self._failed)
        elif not self._is_over():
            log.warning("the connection has ended, %d records wait: %s", self._outbox.held, ended.reason or reason)
        tell(self._options, engine.session)
        self._wake_all()

    # The connection, as asyncio calls it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=OUTGOING_BYTES)
        transport.write(self.engine.begin(self._server, self._loop.time()))
        self._pump()

    def data_received(self, data: bytes) -> None:
        self.engine.receive(data, self._loop.time())
        tell(self._options, self.engine.session)
        self._pump()
        self._wake_next()
        if not self._outbox.held:
            self._wake_all()

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self._pump()

    def connection_lost(self, error: Optional[Exception]) -> None:
        self._why = f"{self._server}: {error or 'the server closed'}"
        self._transport = None
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._gone and not self._gone.done():
            self._gone.set_result(None)

    def _pump(self) -> None:
        """Writes what is due and sets the clock for what will be."""
        transport, engine = self._transport, self.engine
        if transport is None:
            return
        now = self._loop.time()
        engine.tick(now)
        control = engine.control()
        if control:
            transport.write(control)
        while self._writable:
            piece = engine.take(now)
            if piece is None:
                break
            data = engine.encode(piece)
            engine.session.counters.bytes_sent += len(data)
            transport.write(data)
        if engine.over or (engine.is_done() and not engine.welcomed):
            transport.abort()
            return
        if self._timer:
            self._timer.cancel()
        seconds = engine.due(now, self._writable)
        self._timer = None if seconds is None else self._loop.call_later(seconds, self._pump)
