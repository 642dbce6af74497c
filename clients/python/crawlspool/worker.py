"""A session of the blocking client as the threads see it that send: they put records under the lock, and wait for room
or for everything to be settled. The session's own thread does the rest (pump.py)."""

from __future__ import annotations

import threading
import time
from threading import get_ident
from typing import Callable, List, Optional

from .base import BYE_SECONDS, GRACE_SECONDS, Driver, closed
from .buffer import DISK_RETRY_SECONDS
from .callbacks import call
from .errors import Full
from .options import Options
from .pump import Pump
from .session import Counters
from .sessions import Sessions
from .shared import Shared
from .waiters import wait


class Worker(Driver):
    def __init__(self, options: Options, sessions: Sessions) -> None:
        self._options = options
        self._sessions = sessions
        self.journal = sessions.journal
        self._shared = Shared(options, sessions)
        self._lock = self._shared.lock
        self._holding = self._shared.holding
        self._thread = threading.Thread(target=Pump(self._shared).run, name="crawlspool", daemon=True)

    def start(self) -> None:
        self._shared.native_ids.append(threading.get_native_id())
        self._thread.start()

    def give_up(self) -> None:
        """Before anything was put, started or not."""
        if self._thread.is_alive():
            stop_all([self], None)
        elif not self._shared.ended:
            with self._lock, self._holding:
                self._shared.end()

    def put(self, payload: bytes) -> None:
        shared, holding, thread = self._shared, self._holding, get_ident()
        while True:
            if shared.closed or holding.thread == thread:  # a lock of a thread that is no more would not be let go of
                self._check_open()
                holding.check()
            with self._lock:
                try:  # `with holding`, and cheaper
                    holding.thread = thread
                    if self._take(payload):
                        return
                    waiter = self._wait_for_room(len(payload))
                finally:
                    holding.thread = 0
            wait(waiter, DISK_RETRY_SECONDS if self._sessions.outbox.buffer else None)

    def try_put(self, payload: bytes) -> bool:
        self._holding.check()
        with self._lock, self._holding:
            return self._take(payload)

    def _take(self, payload: bytes) -> bool:
        """False if there is no room for it."""
        self._check_open()
        sessions = self._sessions
        if not sessions.outbox.has_room(len(payload)):
            return False
        try:
            if sessions.engine.put(payload, time.monotonic()) and self._shared.sleeping:
                self._shared.wake()
        except Full:  # the disk is
            return False
        except BaseException:  # KeyboardInterrupt: it may be taken, and is not to lie there unsaid
            self._shared.wake()
            raise
        return True

    def _check_open(self) -> None:
        if self._shared.closed:
            raise closed()
        if self._shared.failed:
            raise self._shared.failed

    def _wait_for_room(self, size: int) -> threading.Lock:
        if self._options.when_full == "raise" or self.is_own_thread():
            raise Full(f"no room for a record of {size} bytes: {self._sessions.outbox.say_why_full()}")
        return self._shared.room.add()

    def is_own_thread(self) -> bool:
        return threading.current_thread() is self._thread

    def call_when_room(self, function: Callable[[], object], size: int) -> None:
        self._holding.check()
        with self._lock, self._holding:
            self._sessions.outbox.has_room(size)  # ConfigurationError: there will never be
            ended = self._shared.ended
            if not ended:
                self._shared.on_room.append((size, function))
                self._shared.wake()
        if ended:
            call(self._sessions.journal, function)

    def wait_settled(self, end: Optional[float]) -> bool:
        """False after `end`; Refused where no server will have the records."""
        self._holding.check()
        engine = self._sessions.engine
        with self._lock, self._holding:
            engine.hurried += 1
            self._shared.wake()
        try:
            while True:
                with self._lock, self._holding:
                    if not self._sessions.held:
                        return True
                    if self._shared.failed:
                        raise self._shared.failed
                    seconds = None if end is None else end - time.monotonic()
                    if (seconds is not None and seconds <= 0) or not self._thread.is_alive():
                        return False
                    waiter = self._shared.settled.add()
                wait(waiter, seconds)
        finally:
            with self._lock, self._holding:
                engine.hurried -= 1

    def finish(self) -> None:
        """Takes no more records; says bye once all is settled."""
        self._holding.check()
        with self._lock, self._holding:
            self._shared.closed = True
            self._sessions.engine.finishing = True
            self._shared.room.wake()
            self._shared.wake()

    def ask_to_stop(self, *, even_without_goodbye: bool) -> None:
        self._holding.check()
        with self._lock, self._holding:
            if even_without_goodbye or self._sessions.held:
                self._shared.stopping = True
                self._shared.wake()

    def join(self, end: Optional[float]) -> bool:
        """Whether the thread has ended, by then."""
        self._thread.join(None if end is None else max(0.0, end - time.monotonic()))
        return not self._thread.is_alive()

    @property
    def held(self) -> int:
        return self._sessions.held

    def abandon(self) -> None:
        self._shared.abandon()

    def counters(self) -> Counters:
        self._holding.check()
        with self._lock, self._holding:
            return self._sessions.counters()

    def is_crowded(self) -> bool:
        self._holding.check()
        with self._lock, self._holding:
            return self._sessions.is_crowded()


def stop_all(workers: List[Worker], end: Optional[float]) -> int:
    """Ends their threads; how many records were not settled. With an end a goodbye is waited for until then, or for
    GRACE_SECONDS; a thread that is held up by somebody's callback is left to itself after as long again."""
    for worker in workers:
        worker.ask_to_stop(even_without_goodbye=False)
    now = time.monotonic()
    goodbye = now + BYE_SECONDS if end is None else min(now + BYE_SECONDS, max(end, now + GRACE_SECONDS))
    for worker in workers:
        worker.join(goodbye)
    for worker in workers:
        worker.ask_to_stop(even_without_goodbye=True)
    last = None if end is None else time.monotonic() + GRACE_SECONDS
    if not all([worker.join(last) for worker in workers]):
        workers[0].journal.error("a thread of the client has not ended in time; a callback holds it up")
    return sum(worker.held for worker in workers)
