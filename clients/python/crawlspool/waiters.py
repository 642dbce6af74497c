"""Threads that wait for what another thread brings about, each on a lock of its own. An interrupt (Ctrl-C) within
threading.Condition.wait() may leave the condition's lock not taken again, and what comes up then is no
KeyboardInterrupt; here nothing is held while a thread waits."""

from __future__ import annotations

import threading
from typing import List, Optional


class Waiters:
    """Used under the lock of those that share it, but for wait()."""

    def __init__(self) -> None:
        self._waiting: List[threading.Lock] = []

    def add(self) -> threading.Lock:
        """For wait(), once the lock is let go."""
        waiter = threading.Lock()
        waiter.acquire()
        self._waiting.append(waiter)
        return waiter

    def wake(self) -> None:
        """All of them; those that have left are not missed."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            waiter.release()


def wait(waiter: threading.Lock, seconds: Optional[float]) -> None:
    """Until it is woken, or the time is over; for no longer than a lock can be waited for."""
    waiter.acquire(timeout=-1 if seconds is None else min(seconds, threading.TIMEOUT_MAX))
