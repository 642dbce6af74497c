"""Lines for the logger `crawlspool`. A logging handler may do anything: wait for whatever another thread does, or send
through this very client. So a line is never logged where a lock is held or a session is half changed, nor in a thread
that others wait for."""

from __future__ import annotations

import logging
import os
import queue
import threading
import traceback
from collections import deque
from typing import Any, Callable, Deque, Optional, Tuple

log = logging.getLogger("crawlspool")

LINES_MAX = 1000  # that wait for a handler; what is beyond is counted
DRAIN_SECONDS = 1.0  # that close() waits for a handler

Line = Tuple[int, str, Tuple[object, ...], Optional[BaseException]]


def _log(line: Line) -> None:
    level, text, arguments, error = line
    try:
        log.log(level, text, *arguments, exc_info=error)
    except Exception:  # a handler's, and no reason for send() to fail once it has taken its record
        traceback.print_exc()


class Journal:
    """Logs at once."""

    def say(self, line: Line) -> None:
        _log(line)

    def publish(self) -> None:
        """Where nothing is held: what was kept back is logged, or is for a moment waited for."""

    def info(self, text: str, *arguments: object) -> None:
        self.say((logging.INFO, text, arguments, None))

    def warning(self, text: str, *arguments: object) -> None:
        self.say((logging.WARNING, text, arguments, None))

    def error(self, text: str, *arguments: object, error: Optional[BaseException] = None) -> None:
        self.say((logging.ERROR, text, arguments, error))


AT_ONCE = Journal()


class LoopJournal(Journal):
    """The asyncio client's: logged in its loop, once the session's state is whole again."""

    def __init__(self) -> None:
        self._lines: Deque[Line] = deque()

    def say(self, line: Line) -> None:
        self._lines.append(line)

    def publish(self) -> None:
        while self._lines:
            _log(self._lines.popleft())


class ThreadJournal(Journal):
    """The blocking client's: logged by the process's logging thread."""

    def say(self, line: Line) -> None:
        _thread.say(line)

    def publish(self) -> None:
        _thread.drain(DRAIN_SECONDS)


class _LoggingThread:
    """One for the process, from the first line on."""

    def __init__(self) -> None:
        self._work: Any = queue.SimpleQueue()  # its put() neither waits nor minds to be interrupted by another one
        self._starting = threading.Lock()
        self._thread: Optional[threading.Thread] = None
        self._unlogged = 0

    def say(self, line: Line) -> None:
        if self._work.qsize() >= LINES_MAX:
            self._unlogged += 1
            return
        self._put(lambda: self._log(line))

    def _put(self, work: Callable[[], object]) -> None:
        self._work.put(work)
        if self._thread is None and self._starting.acquire(False):
            try:
                if self._thread is None:
                    thread = threading.Thread(target=self._run, name="crawlspool-log", daemon=True)
                    thread.start()
                    self._thread = thread
            except RuntimeError:
                pass  # no thread to be had, as at the program's end: drain() logs
            finally:
                self._starting.release()

    def _run(self) -> None:
        while True:
            self._work.get()()

    def _log(self, line: Line) -> None:
        _log(line)
        unlogged, self._unlogged = self._unlogged, 0
        if unlogged:
            _log((logging.WARNING, "%d lines were not logged: a logging handler has waited too long", (unlogged,),
                  None))

    def drain(self, seconds: float) -> None:
        """Until what was said so far is logged."""
        if threading.current_thread() is self._thread or self._work.empty() and self._thread is None:
            return
        done = threading.Lock()
        done.acquire()
        self._put(done.release)
        if self._thread is not None:
            done.acquire(timeout=seconds)
            return
        try:
            while True:
                self._work.get_nowait()()
        except queue.Empty:
            pass


_thread = _LoggingThread()


def _forked() -> None:
    global _thread
    _thread = _LoggingThread()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
