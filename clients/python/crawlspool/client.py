"""The blocking client. Any thread may send; a thread of its own for each session owns the socket (worker.py)."""

from __future__ import annotations

import atexit
import logging
import os
import ssl
import threading
import time
import weakref
from types import TracebackType
from typing import Callable, List, Optional, Sequence, Set, Type, Union

from .buffer import open_buffers
from .errors import Closed, Unsettled
from .options import Options, Reject, parse_directory, parse_servers
from .records import Record, encode
from .session import Counters
from .worker import Worker

log = logging.getLogger("crawlspool")

_all: weakref.WeakSet[Client] = weakref.WeakSet()  # a fork's child has to touch each
_open: Set[Client] = set()  # those that hold records or might: a program's end waits for them


class Client:
    """Sends records to a crawlspool server; README.md explains each argument.

    send() returns once the record is held: in memory, or in the buffer directory where there is one. It is forgotten
    only when the server has stored it or has rejected it for good."""

    def __init__(self, servers: Union[str, Sequence[str]] = "tcp://127.0.0.1:8940", *, client: Optional[str] = None,
                 stream: Optional[str] = None, ack: str = "synced", window: int = 8192, window_bytes: int = 64 << 20,
                 batch_records: int = 1024, batch_bytes: int = 1 << 20, batch_seconds: float = 0.02,
                 compress: bool = True, buffer_dir: Union[None, str, "os.PathLike[str]"] = None,
                 buffer_bytes: int = 1 << 30, buffer_sync: bool = False, when_full: str = "block",
                 move: str = "resend", tls: Optional[ssl.SSLContext] = None, connect_timeout: float = 10.0,
                 answer_timeout: float = 60.0, close_timeout: Optional[float] = None,
                 on_reject: Optional[Callable[[Reject], None]] = None,
                 on_ack: Optional[Callable[[int], None]] = None) -> None:
        self._options = Options(parse_servers(servers), client, stream, ack, window, window_bytes, batch_records,
                                batch_bytes, batch_seconds, compress, parse_directory(buffer_dir), buffer_bytes,
                                buffer_sync, when_full, move, tls, connect_timeout, answer_timeout, close_timeout,
                                on_reject, on_ack)
        self._reset()
        _all.add(self)
        if self._options.buffer_dir is not None:
            self._start()

    def _reset(self) -> None:
        self._starting = threading.Lock()
        self._worker: Optional[Worker] = None
        self._workers: List[Worker] = []  # that one, and those for sessions that processes before this one left
        self._closed = False

    def _start(self) -> Worker:
        with self._starting:
            if self._closed:
                raise Closed("the client is closed")
            if self._worker is None:
                options = self._options
                if options.buffer_dir is None:
                    workers = [Worker(options, None)]
                else:
                    own, others = open_buffers(options.buffer_dir, options.identity, options.buffer_bytes,
                                               options.buffer_sync)
                    workers = [Worker(options, own)] + [Worker(options, other, only_drains=True) for other in others]
                self._workers, self._worker = workers, workers[0]
                for worker in workers:
                    worker.start()
                _open.add(self)
            return self._worker

    def send(self, record: Record) -> None:
        """Takes the record: bytes and str are JSON texts and go as they are, anything else is written as JSON. Waits
        while there is no room, or raises Full if the client was told so. TypeError or ValueError: no JSON."""
        (self._worker or self._start()).put(encode(record))

    def try_send(self, record: Record) -> bool:
        """As send(), but False instead of a wait."""
        return (self._worker or self._start()).try_put(encode(record))

    def call_when_room(self, function: Callable[[], object], size: int = 0) -> None:
        """Calls it once, from the client's thread, as soon as there is room for a record of that size, or no hope."""
        (self._worker or self._start()).call_when_room(function, size)

    def flush(self, timeout: Optional[float] = None) -> None:
        """Waits until everything sent so far, and everything that processes before this one left in the buffer
        directory, is settled: synced to the server's disk, or rejected. Unsettled after that many seconds; Refused
        where no server will have it."""
        end = None if timeout is None else time.monotonic() + timeout
        for worker in self._workers:
            if not worker.wait_settled(end):
                raise Unsettled(self.counters().unsettled, "the client goes on trying")

    def close(self, timeout: Optional[float] = None) -> None:
        """Takes no more records, waits until all is settled, and ends the connection. If that is not so after `timeout`
        (else `close_timeout`) seconds: with a buffer directory what is left stays there for the next start; without one
        it is lost with this client, and Unsettled says so."""
        with self._starting:
            self._closed = True
        seconds = self._options.close_timeout if timeout is None else timeout
        end = None if seconds is None else time.monotonic() + seconds
        unsettled = 0
        for worker in self._workers:
            worker.finish()
        try:
            for worker in self._workers:
                worker.wait_settled(end)
        finally:
            for worker in self._workers:
                unsettled += worker.stop()
            _open.discard(self)
        if unsettled and self._options.buffer_dir is None:
            raise Unsettled(unsettled, "they are lost with this client")
        if unsettled:
            log.warning("%d records are not settled yet; they wait in %s for the next start", unsettled,
                        self._options.buffer_dir)

    def counters(self) -> Counters:
        total = Counters()
        for worker in self._workers:
            total.add(worker.counters())
        return total

    @property
    def crowded(self) -> bool:
        """Whether records should come more slowly: the server does not read, or half of the room is used up."""
        return self._worker is not None and self._worker.is_crowded()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def _forked(self) -> None:
        """In a fork's child: the parent keeps the session and its records. The child's first record begins its own."""
        for worker in self._workers:
            worker.abandon()
        closed = self._closed
        self._reset()
        self._closed = closed


def _forked() -> None:
    _open.clear()
    for client in list(_all):
        client._forked()


def _close_all() -> None:
    """What a program forgot to close. Waits as close() does."""
    for client in list(_open):
        if client.counters().unsettled:
            log.warning("a client was not closed; waiting for its records to be settled")
        try:
            client.close()
        except Exception as error:
            log.error("at exit: %s", error)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
atexit.register(_close_all)
