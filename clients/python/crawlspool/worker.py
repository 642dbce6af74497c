"""A session of the blocking client as the threads see it that send: they put records under the lock, and wait for room
or for everything to be settled. The session's own thread does the rest (pump.py)."""

from __future__ import annotations

import threading
import time
from typing import Callable, Optional

from .base import Driver
from .buffer import DISK_RETRY_SECONDS, Buffer
from .errors import Closed, Full
from .options import Options
from .pump import BYE_SECONDS, Pump
from .session import Counters
from .shared import Shared


class Worker(Driver):
    def __init__(self, options: Options, buffer: Optional[Buffer], *, only_drains: bool = False) -> None:
        self._options = options
        self._shared = Shared(options, buffer)
        self._shared.engine.finishing = only_drains
        self._lock = self._shared.lock
        self._outbox = self._shared.outbox
        self._engine = self._shared.engine
        self._thread = threading.Thread(target=Pump(self._shared).run, name="crawlspool", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, payload: bytes) -> None:
        size = len(payload)
        with self._lock:
            while True:
                self._check_open()
                if self._outbox.has_room(size):
                    try:
                        if self._engine.put(payload, time.monotonic()) and self._shared.sleeping:
                            self._shared.wake()
                        return
                    except Full:
                        if self._options.when_full == "raise":
                            raise
                self._wait_for_room(size)

    def try_put(self, payload: bytes) -> bool:
        with self._lock:
            self._check_open()
            if not self._outbox.has_room(len(payload)):
                return False
            try:
                if self._engine.put(payload, time.monotonic()) and self._shared.sleeping:
                    self._shared.wake()
            except Full:
                return False
            return True

    def _check_open(self) -> None:
        if self._shared.closed:
            raise Closed("the client is closed")
        if self._shared.failed:
            raise self._shared.failed

    def _wait_for_room(self, size: int) -> None:
        if self._options.when_full == "raise" or threading.current_thread() is self._thread:
            raise Full(f"no room for a record of {size} bytes: {self._outbox.held} are not settled yet")
        self._shared.waiting_for_room += 1
        try:
            self._shared.room.wait(DISK_RETRY_SECONDS if self._outbox.buffer else None)
        finally:
            self._shared.waiting_for_room -= 1

    def call_when_room(self, function: Callable[[], object], size: int) -> None:
        with self._lock:
            self._shared.on_room.append((size, function))
            self._shared.wake()

    def wait_settled(self, end: Optional[float]) -> bool:
        """False after `end`; Refused where no server will have the records."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a callback of the client cannot wait for the client")
        with self._lock:
            self._engine.hurried += 1
            self._shared.wake()
            try:
                while self._outbox.held:
                    if self._shared.failed:
                        raise self._shared.failed
                    seconds = None if end is None else end - time.monotonic()
                    if (seconds is not None and seconds <= 0) or not self._thread.is_alive():
                        return False
                    self._shared.settled.wait(seconds)
                return True
            finally:
                self._engine.hurried -= 1

    def finish(self) -> None:
        """Takes no more records; says bye once all is settled."""
        with self._lock:
            self._shared.closed = True
            self._engine.finishing = True
            self._shared.room.notify_all()
            self._shared.wake()

    def stop(self) -> int:
        """Ends the thread; how many records were not settled."""
        with self._lock:
            if self._outbox.held:
                self._shared.stopping = True
                self._shared.wake()
        self._thread.join(BYE_SECONDS)
        with self._lock:
            self._shared.stopping = True
            self._shared.wake()
        self._thread.join()
        return self._outbox.held

    def abandon(self) -> None:
        self._shared.abandon()

    def counters(self) -> Counters:
        with self._lock:
            return self._engine.session.snapshot()

    def is_crowded(self) -> bool:
        with self._lock:
            return bool(self._engine.slow) or self._outbox.is_crowded()
