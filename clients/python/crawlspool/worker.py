"""A session of the blocking client as the threads see it that send: they put records under the lock, and wait for room
or for everything to be settled. The session's own thread does the rest (pump.py)."""

from __future__ import annotations

import threading
import time
from typing import Callable, Optional

from .base import BYE_SECONDS, Driver
from .buffer import DISK_RETRY_SECONDS
from .errors import Closed, Full
from .options import Options
from .pump import Pump
from .session import Counters
from .sessions import Sessions
from .shared import Shared
from .telling import call
from .waiters import wait


class Worker(Driver):
    def __init__(self, options: Options, sessions: Sessions) -> None:
        self._options = options
        self._sessions = sessions
        self._shared = Shared(options, sessions)
        self._lock = self._shared.lock
        self._thread = threading.Thread(target=Pump(self._shared).run, name="crawlspool", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def give_up(self) -> None:
        """Before anything was put, started or not."""
        if self._thread.is_alive():
            self.stop()
        elif not self._shared.ended:
            with self._lock:
                self._shared.end()

    def put(self, payload: bytes) -> None:
        while True:
            with self._lock:
                if self._take(payload):
                    return
                waiter = self._wait_for_room(len(payload))
            wait(waiter, DISK_RETRY_SECONDS if self._sessions.outbox.buffer else None)

    def try_put(self, payload: bytes) -> bool:
        with self._lock:
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
            raise Closed("the client is closed")
        if self._shared.failed:
            raise self._shared.failed

    def _wait_for_room(self, size: int) -> threading.Lock:
        if self._options.when_full == "raise" or self.is_own_thread():
            raise Full(f"no room for a record of {size} bytes: {self._sessions.outbox.tell_why_full()}")
        return self._shared.room.add()

    def is_own_thread(self) -> bool:
        return threading.current_thread() is self._thread

    def call_when_room(self, function: Callable[[], object], size: int) -> None:
        with self._lock:
            self._sessions.outbox.has_room(size)  # ConfigurationError: there will never be
            ended = self._shared.ended
            if not ended:
                self._shared.on_room.append((size, function))
                self._shared.wake()
        if ended:
            call(function)

    def wait_settled(self, end: Optional[float]) -> bool:
        """False after `end`; Refused where no server will have the records."""
        engine = self._sessions.engine
        with self._lock:
            engine.hurried += 1
            self._shared.wake()
        try:
            while True:
                with self._lock:
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
            with self._lock:
                engine.hurried -= 1

    def finish(self) -> None:
        """Takes no more records; says bye once all is settled."""
        with self._lock:
            self._shared.closed = True
            self._sessions.engine.finishing = True
            self._shared.room.wake()
            self._shared.wake()

    def stop(self) -> int:
        """Ends the thread; how many records were not settled."""
        with self._lock:
            if self._sessions.held:
                self._shared.stopping = True
                self._shared.wake()
        self._thread.join(BYE_SECONDS)
        with self._lock:
            self._shared.stopping = True
            self._shared.wake()
        self._thread.join()
        return self._sessions.held

    def abandon(self) -> None:
        self._shared.abandon()

    def counters(self) -> Counters:
        with self._lock:
            return self._sessions.counters()

    def is_crowded(self) -> bool:
        with self._lock:
            return self._sessions.is_crowded()
