"""A session of the asyncio client: what its user calls, and a task that makes one connection after the other. All of it
runs in the client's loop."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from functools import partial
from typing import Deque, Optional, Set

from .aiodialer import connect
from .addresses import Lookups
from .base import BYE_SECONDS, GRACE_SECONDS, Driver, closed
from .buffer import DISK_RETRY_SECONDS
from .callbacks import call_back
from .connection import Connection
from .errors import Closed, CrawlspoolError, Full, Refused, Unsettled
from .options import Options, Server
from .session import Counters
from .sessions import Sessions

SPILLED_PER_TURN = 64  # records put between two turns of the loop, while memory is full
LOOP_ENDED = "the loop that the client ran in has ended"


class Runner(Driver):
    def __init__(self, options: Options, sessions: Sessions) -> None:
        self._options = options
        self._sessions = sessions
        self._journal = sessions.journal
        self._lookups = Lookups()
        self._loop = asyncio.get_running_loop()
        self._failed: Optional[CrawlspoolError] = None
        self._closed = False
        self._stopping = False
        self._connection: Optional[Connection] = None
        self._connecting: Optional[asyncio.Task[object]] = None
        self._ended = False
        self._changed = asyncio.Event()  # what a sleeping _run() waits for
        self._for_room: Deque[asyncio.Future[None]] = deque()
        self._for_settled: Set[asyncio.Future[None]] = set()
        self._task = self._loop.create_task(self._run())

    # The client's side

    def try_put(self, payload: bytes) -> bool:
        self._check_open()
        return not self._for_room and self._take(payload)

    def _take(self, payload: bytes) -> bool:
        """False if there is no room for it."""
        if not self._sessions.outbox.has_room(len(payload)):
            return False
        try:
            if self._sessions.engine.put(payload, self._loop.time()):
                self._changed.set()
                self._pump()
        except Full:
            return False
        finally:
            self._journal.publish()
        return True

    async def put(self, payload: bytes) -> None:
        """Waits for room behind those that wait for it already. A call that is cancelled has put nothing."""
        if self._options.when_full == "raise":
            raise Full(f"no room for a record of {len(payload)} bytes: {self._sessions.outbox.say_why_full()}")
        waiter = self._loop.create_future()
        self._for_room.append(waiter)
        try:
            while True:
                await asyncio.wait((waiter,), timeout=DISK_RETRY_SECONDS if self._sessions.outbox.buffer else None)
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
            raise closed()
        if self._failed:
            raise self._failed
        if self._has_ended():
            raise Closed(LOOP_ENDED)

    def _has_ended(self) -> bool:
        return self._ended or self._loop.is_closed()

    def _wake_next(self) -> None:
        """The first that waits for room looks for itself, and wakes the next one when it is gone."""
        if self._for_room and (self._closed or self._failed or self._ended or self._sessions.outbox.has_room(0)):
            waiter = self._for_room[0]
            if not waiter.done():
                waiter.set_result(None)

    def has_spilled(self) -> bool:
        """Now and then true while there are more records than memory has room for."""
        return self._sessions.outbox.spilled > 0 and self._sessions.outbox.next % SPILLED_PER_TURN == 0

    async def wait_settled(self) -> None:
        engine = self._sessions.engine
        engine.hurried += 1
        try:
            while self._sessions.held:
                if self._failed:
                    raise self._failed
                if self._has_ended():
                    raise Unsettled(self._sessions.held, LOOP_ENDED)
                self._pump()
                await self._wait_for_change()
        finally:
            engine.hurried -= 1

    async def _wait_for_change(self) -> None:
        waiter = self._loop.create_future()
        self._for_settled.add(waiter)
        try:
            await waiter
        finally:
            self._for_settled.discard(waiter)

    def counters(self) -> Counters:
        return self._sessions.counters()

    def is_crowded(self) -> bool:
        return self._sessions.is_crowded()

    def refuse(self) -> None:
        self._closed = True

    def finish(self) -> None:
        self._closed = True
        self._sessions.engine.finishing = True
        if self._has_ended():
            return
        self._changed.set()
        self._wake_all()
        self._pump()

    async def stop(self, end: Optional[float]) -> int:
        """Ends the task; how many records were not settled. With an end a goodbye is waited for until then, or for
        GRACE_SECONDS."""
        if self._loop.is_closed() and not self._ended:
            self._end()
        if not self._ended and not self._sessions.held:
            longest = BYE_SECONDS if end is None else max(end - time.monotonic(), GRACE_SECONDS)
            await asyncio.wait((self._task,), timeout=min(longest, BYE_SECONDS))
        if not self._ended:
            self._stop()
            await asyncio.wait((self._task,))
        return self._sessions.held

    def _stop(self) -> None:
        self._stopping = True
        self._changed.set()
        if self._connecting:
            self._connecting.cancel()
        if self._connection:
            self._connection.abort()

    def _end(self) -> None:
        self._ended = True
        self._sessions.close()

    def abandon(self) -> None:
        self._sessions.release()

    def _wake_all(self) -> None:
        self._wake_next()
        for waiter in self._for_settled:
            if not waiter.done():
                waiter.set_result(None)

    # The life of the session

    def _is_over(self) -> bool:
        return self._stopping or self._sessions.is_done()

    async def _run(self) -> None:
        try:
            while not self._is_over():
                await self._sleep(None)  # until there is something to say, and somebody to say it to
                self._sessions.advance()
                step = self._sessions.route.next(self._loop.time())
                await self._sleep(step.wait_seconds)
                if not self._is_over():
                    await self._visit(step.server)
        except asyncio.CancelledError:
            if self._sessions.held:
                self._journal.error("%s: %d records are not settled", LOOP_ENDED, self._sessions.held)
            raise
        except Exception as error:
            self._journal.error("the client's task has ended; nothing more is sent", error=error)
            self._failed = Refused("this client", "internal_error", repr(error))
        finally:
            self._end()
            self._journal.publish()
            self._wake_all()

    async def _sleep(self, seconds: Optional[float]) -> None:
        """Until the time is over or the state has changed in a way that ends it."""
        end = None if seconds is None else self._loop.time() + seconds
        while not self._is_over():
            left = None if end is None else end - self._loop.time()
            if (left is not None and left <= 0) or (left is None and self._sessions.held and not self._failed):
                return
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except asyncio.TimeoutError:
                return

    async def _visit(self, server: Server) -> None:
        """One attempt at a connection, and its whole life."""
        engine = self._sessions.engine
        explain = partial(self._options.explain, server)
        self._connection = connection = Connection(engine, str(server), self._journal, self._received, explain)
        self._connecting = self._loop.create_task(connect(connection, server, self._options, self._lookups, self._journal))
        try:
            await self._connecting
            await connection.gone
        except Exception as error:  # of the loop too, whichever it is
            connection.why = f"{server}: {explain(error)}"
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        finally:
            connection.abort()
            self._connection = None
        ended = engine.end(self._loop.time())
        self._failed = self._sessions.route.ended(server, ended, self._loop.time())
        if self._failed:
            self._journal.error("%s", self._failed)
        elif not (self._stopping or engine.is_done()):
            self._journal.warning("the connection has ended, %d records wait: %s", self._sessions.held,
                                  ended.reason or connection.why)
        call_back(self._options, self._journal, engine.session)
        self._journal.publish()
        self._wake_all()

    def _received(self) -> None:
        call_back(self._options, self._journal, self._sessions.engine.session)
        self._journal.publish()
        self._pump()
        self._wake_next()
        if not self._sessions.held:
            self._wake_all()

    def _pump(self) -> None:
        if self._connection:
            self._connection.pump()
