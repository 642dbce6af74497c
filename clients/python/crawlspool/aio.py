"""The asyncio client: the same engine as the blocking one, driven by the event loop it is used in. Not for several
threads, nor for several loops. Where there is a buffer directory, send() writes the record to its file in the loop's
thread."""

from __future__ import annotations

import asyncio
import logging
import time
from types import TracebackType
from typing import Optional, Type

from .base import ClientBase
from .errors import Unsettled
from .journal import Journal, LoopJournal
from .options import check_timeout
from .records import Record
from .runner import Runner
from .sessions import Sessions

log = logging.getLogger("crawlspool")


class Client(ClientBase[Runner]):
    """Sends records to a crawlspool server. Begins on the first send(), flush() or `async with`, in the loop that runs
    then."""

    def _make_driver(self, sessions: Sessions) -> Runner:
        return Runner(self._options, sessions)

    @staticmethod
    def _make_journal() -> Journal:
        return LoopJournal()

    def _start(self) -> Runner:
        self._check_open()
        if self._driver is None:
            try:
                self._begin(self._make_drivers())
            finally:
                self._journal.publish()
        assert self._driver is not None
        return self._driver

    async def send(self, record: Record) -> None:
        """Takes the record: bytes and str are JSON texts and go as they are, anything else is written as JSON. Waits
        while there is no room, or raises Full if the client is set to. TypeError or ValueError: no JSON."""
        runner = self._driver or self._start()
        payload = self._encode(record)
        if runner.has_spilled():
            await asyncio.sleep(0)  # the buffer takes records faster than the loop sends them
        if not runner.try_put(payload):
            await runner.put(payload)

    def try_send(self, record: Record) -> bool:
        """As send(), but False instead of a wait."""
        return (self._driver or self._start()).try_put(self._encode(record))

    async def flush(self, timeout: Optional[float] = None) -> None:
        """Waits until everything sent so far, and everything that processes before this one left in the buffer
        directory, is settled: synced to the server's disk, or rejected. Unsettled after that many seconds; Refused
        where no server will have it."""
        check_timeout(timeout)
        self._start()
        try:
            await self._wait_settled(timeout)
        except asyncio.TimeoutError:
            raise Unsettled(self.counters().unsettled, "the client goes on trying") from None

    async def _wait_settled(self, seconds: Optional[float]) -> None:
        await asyncio.wait_for(asyncio.gather(*(runner.wait_settled() for runner in self._drivers)), seconds)

    async def close(self, timeout: Optional[float] = None) -> None:
        """Takes no more records, waits until all is settled, and ends the connection. If that is not so after `timeout`
        (else `close_timeout`) seconds: with a buffer directory what is left stays there for the next start; without one
        it is lost with this client, and Unsettled says so."""
        check_timeout(timeout)
        self._closed = True
        seconds = self._options.close_timeout if timeout is None else timeout
        end = None if seconds is None else time.monotonic() + seconds
        for runner in self._drivers:
            runner.finish()
        waited = False
        try:
            await self._wait_settled(seconds)
            waited = True
        except asyncio.TimeoutError:
            waited = True
        finally:
            unsettled = sum([await runner.stop(end) for runner in self._drivers])
            self._end(unsettled, raises=waited)

    async def __aenter__(self) -> Client:
        self._start()
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        await self.close()

    def _forked(self) -> None:
        """The loop is not to be used in the child."""
        for runner in self._drivers:
            runner.abandon()
        self._reset()
        self._closed = True

    def _at_exit(self) -> None:
        self._closed = True
        for runner in self._drivers:
            runner.refuse()
        unsettled = self.counters().unsettled
        if unsettled and self._options.buffer_dir is None:
            log.error("a client was not closed: %d records are lost with it", unsettled)
