"""The blocking client. Any thread may send; a thread of its own has the socket (worker.py)."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Callable, Optional, Type

from .base import ClientBase
from .errors import Unsettled
from .journal import Journal, ThreadJournal
from .options import check_timeout
from .records import Record
from .sessions import Sessions
from .shared import Holding
from .worker import Worker, stop_all


class Client(ClientBase[Worker]):
    """Sends records to a crawlspool server.

    send() returns once the record is held: in memory, or in the buffer directory where there is one. It is forgotten
    only when the server has stored it or has rejected it for good."""

    def _reset(self) -> None:
        super()._reset()
        self._starting = threading.Lock()
        self._holding = Holding(self._starting)

    @staticmethod
    def _make_journal() -> Journal:
        return ThreadJournal()

    def _made(self) -> None:
        if self._options.buffer_dir is not None:
            self._start()

    def _make_driver(self, sessions: Sessions) -> Worker:
        return Worker(self._options, sessions)

    def _start(self) -> Worker:
        self._holding.check()
        with self._starting, self._holding:
            self._check_open()
            if self._driver is None:
                workers = self._make_drivers()
                try:
                    for worker in workers:
                        worker.start()
                except BaseException:  # no thread to be had
                    for worker in workers:
                        worker.give_up()
                    raise
                return self._begin(workers)
            return self._driver

    def send(self, record: Record) -> None:
        """Takes the record: bytes and str are JSON texts and go as they are, anything else is written as JSON. Waits
        while there is no room, or raises Full if the client is set to. TypeError or ValueError: no JSON."""
        (self._driver or self._start()).put(self._encode(record))

    def try_send(self, record: Record) -> bool:
        """As send(), but False instead of a wait."""
        return (self._driver or self._start()).try_put(self._encode(record))

    def call_when_room(self, function: Callable[[], object], size: int = 0) -> None:
        """Calls it once, from the client's thread, as soon as there is room for a record of that size, or no hope."""
        (self._driver or self._start()).call_when_room(function, size)

    def flush(self, timeout: Optional[float] = None) -> None:
        """Waits until everything sent so far, and everything that processes before this one left in the buffer
        directory, is settled: synced to the server's disk, or rejected. Unsettled after that many seconds; Refused
        where no server will have it."""
        check_timeout(timeout)
        self._check_thread()
        end = None if timeout is None else time.monotonic() + timeout
        for worker in self._drivers:
            if not worker.wait_settled(end):
                raise Unsettled(self.counters().unsettled, "the client goes on trying")

    def close(self, timeout: Optional[float] = None) -> None:
        """Takes no more records, waits until all is settled, and ends the connection. If that is not so after `timeout`
        (else `close_timeout`) seconds: with a buffer directory what is left stays there for the next start; without one
        it is lost with this client, and Unsettled says so."""
        check_timeout(timeout)
        self._check_thread()
        self._holding.check()
        with self._starting, self._holding:
            self._closed = True
        seconds = self._options.close_timeout if timeout is None else timeout
        end = None if seconds is None else time.monotonic() + seconds
        for worker in self._drivers:
            worker.finish()
        waited = False
        try:
            for worker in self._drivers:
                worker.wait_settled(end)
            waited = True
        finally:
            unsettled = stop_all(self._drivers, end)
            self._end(unsettled, raises=waited)

    def _check_thread(self) -> None:
        if any(worker.is_own_thread() for worker in self._drivers):
            raise RuntimeError("a callback of the client cannot wait for the client")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def _forked(self) -> None:
        """The child's first record begins a session of its own."""
        for worker in self._drivers:
            worker.abandon()
        closed = self._closed
        self._reset()
        self._closed = closed

    def _at_exit(self) -> None:
        if self.counters().unsettled:
            self._journal.warning("a client was not closed; waiting for its records to be settled")
        self.close()
