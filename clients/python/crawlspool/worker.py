"""One session's thread of the blocking client: it owns the socket and drives the engine. Other threads only touch the
engine under the lock; the thread itself writes, reads and compresses outside of it."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from typing import Callable, List, Optional, Tuple

from .base import Driver
from .buffer import DISK_RETRY_SECONDS, Buffer
from .engine import Engine
from .errors import Closed, Full, Refused
from .options import Address, Options
from .outbox import Outbox
from .route import Route
from .session import Counters
from .sockets import close_silently, connect, poll, receive, send
from .telling import call, tell_taken

log = logging.getLogger("crawlspool")

OUTGOING_BYTES = 1 << 20  # taken from the engine ahead of the socket
BYE_SECONDS = 5.0  # for the server's goodbye, once all is settled


class Worker(Driver):
    def __init__(self, options: Options, buffer: Optional[Buffer], *, only_drains: bool = False) -> None:
        self._options = options
        self._outbox = Outbox(options.window, options.window_bytes, options.batch_records, options.batch_bytes, buffer)
        self._engine = Engine(options, self._outbox)
        self._engine.finishing = only_drains
        self._route = Route(options, self._engine.session)
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._settled = threading.Condition(self._lock)
        self._waiting_for_room = 0
        self._on_room: List[Tuple[int, Callable[[], object]]] = []  # (bytes needed, what to call)
        self._failed: Optional[Refused] = None  # no server will have the records
        self._closed = False
        self._stopping = False
        self._sleeping = False
        self._sock: Optional[socket.socket] = None
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="crawlspool", daemon=True)

    def start(self) -> None:
        self._thread.start()

    # Other threads

    def put(self, payload: bytes) -> None:
        size = len(payload)
        with self._lock:
            while True:
                self._check_open()
                if self._outbox.has_room(size):
                    try:
                        if self._engine.put(payload, time.monotonic()) and self._sleeping:
                            self._wake()
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
                if self._engine.put(payload, time.monotonic()) and self._sleeping:
                    self._wake()
            except Full:
                return False
            return True

    def _check_open(self) -> None:
        if self._closed:
            raise Closed("the client is closed")
        if self._failed:
            raise self._failed

    def _wait_for_room(self, size: int) -> None:
        if self._options.when_full == "raise" or threading.current_thread() is self._thread:
            raise Full(f"no room for a record of {size} bytes: {self._outbox.held} are not settled yet")
        self._waiting_for_room += 1
        try:
            self._room.wait(DISK_RETRY_SECONDS if self._outbox.buffer else None)
        finally:
            self._waiting_for_room -= 1

    def call_when_room(self, function: Callable[[], object], size: int) -> None:
        with self._lock:
            self._on_room.append((size, function))
            self._wake()

    def wait_settled(self, end: Optional[float]) -> bool:
        """False after `end`; Refused where no server will have the records."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a callback of the client cannot wait for the client")
        with self._lock:
            self._engine.hurried += 1
            self._wake()
            try:
                while self._outbox.held:
                    if self._failed:
                        raise self._failed
                    seconds = None if end is None else end - time.monotonic()
                    if (seconds is not None and seconds <= 0) or not self._thread.is_alive():
                        return False
                    self._settled.wait(seconds)
                return True
            finally:
                self._engine.hurried -= 1

    def finish(self) -> None:
        """Takes no more records; says bye once all is settled."""
        with self._lock:
            self._closed = True
            self._engine.finishing = True
            self._room.notify_all()
            self._wake()

    def stop(self) -> int:
        """Ends the thread; how many records were not settled."""
        with self._lock:
            if self._outbox.held:
                self._stopping = True
                self._wake()
        self._thread.join(BYE_SECONDS)
        with self._lock:
            self._stopping = True
            self._wake()
        self._thread.join()
        return self._outbox.held

    def abandon(self) -> None:
        for sock in (self._sock, self._wake_read, self._wake_write):
            if sock is not None:
                close_silently(sock)
        if self._outbox.buffer:
            self._outbox.buffer.release()

    def counters(self) -> Counters:
        with self._lock:
            return self._engine.session.snapshot()

    def is_crowded(self) -> bool:
        with self._lock:
            return bool(self._engine.slow) or self._outbox.is_crowded()

    def _wake(self) -> None:
        self._sleeping = False
        try:
            self._wake_write.send(b"\0")
        except (BlockingIOError, OSError):
            pass  # it has enough to wake up by

    # The thread

    def _run(self) -> None:
        try:
            while not self._is_over():
                self._sleep(None)  # until there is something to say
                with self._lock:
                    step = self._route.next(time.monotonic())
                self._sleep(step.wait_seconds)
                if not self._is_over():
                    self._visit(step.server)
        except Exception as error:
            log.exception("the client's thread has ended; nothing more is sent")
            with self._lock:
                self._failed = Refused("this client", "internal_error", repr(error))
        finally:
            self._finish_thread()

    def _is_over(self) -> bool:
        with self._lock:
            return self._stopping or self._engine.is_done()

    def _finish_thread(self) -> None:
        with self._lock:
            if self._outbox.buffer:
                self._outbox.buffer.close()
            self._room.notify_all()
            self._settled.notify_all()
        self._wake_read.close()
        self._wake_write.close()

    def _sleep(self, seconds: Optional[float]) -> None:
        """Until the time is over or the state has changed in a way that ends it."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self._is_over():
            with self._lock:
                if end is None and self._outbox.held:
                    return
                self._sleeping = True
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return
            self._wait_for_events(None, False, left)
            self._tell()

    def _visit(self, server: Address) -> None:
        """One attempt at a connection, and its whole life."""
        reason = ""
        try:
            self._sock = connect(server, self._options)
            self._converse(self._sock, str(server))
        except (OSError, ssl.SSLError) as error:
            reason = f"{server}: {error}"
        finally:
            if self._sock is not None:
                close_silently(self._sock)
                self._sock = None
        with self._lock:
            now = time.monotonic()
            ended = self._engine.end(now)
            self._route.ended(server, ended.progress, ended.retry_seconds, now)
            if ended.refusal:
                self._failed = self._route.refused(server, ended.refusal)
            failed, done, held = self._failed, self._engine.is_done(), self._outbox.held
        self._tell()
        if failed:
            log.error("%s", failed)
            self._wait_for_stop()
        elif not done and not self._stopping:
            log.warning("the connection has ended, %d records wait: %s", held,
                        ended.reason or reason or f"{server}: the server closed")

    def _wait_for_stop(self) -> None:
        while not self._is_over():
            with self._lock:
                self._settled.notify_all()
                self._room.notify_all()
            self._wait_for_events(None, False, None)

    def _converse(self, sock: socket.socket, server: str) -> None:
        with self._lock:
            outgoing = memoryview(self._engine.begin(server, time.monotonic()))
        writable = True
        while True:
            if not outgoing:
                outgoing = self._next_output()
            if outgoing and writable:
                sent = send(sock, outgoing)
                writable = sent > 0
                outgoing = outgoing[sent:]
                if sent and not outgoing:
                    continue
            data = receive(sock)
            if data == b"":
                return
            if data:
                self._receive(data)
                self._tell()
                if self._engine.over:
                    return
                continue
            if outgoing and writable:
                continue
            writable = self._idle(sock, bool(outgoing))
            if self._stopping or self._engine.over:
                return

    def _next_output(self) -> memoryview:
        """What goes out next, as much as the socket may take in one go."""
        with self._lock:
            now = time.monotonic()
            self._engine.tick(now)
            parts = [self._engine.control()]
        size = 0
        while size < OUTGOING_BYTES:
            with self._lock:
                piece = self._engine.take(now)
            if piece is None:
                break
            parts.append(self._engine.encode(piece))
            size += len(parts[-1])
        self._engine.session.counters.bytes_sent += size
        return memoryview(b"".join(parts))

    def _idle(self, sock: socket.socket, writing: bool) -> bool:
        """Waits until there is something to do; whether the socket may take more."""
        with self._lock:
            seconds = self._engine.due(time.monotonic(), not writing)
            if not writing and (seconds == 0 or self._engine.over):
                return True
            if self._stopping or (self._engine.is_done() and not self._engine.welcomed):
                self._stopping = True
                return False
            self._sleeping = not writing
        return self._wait_for_events(sock, writing, seconds)

    def _receive(self, data: bytes) -> None:
        with self._lock:
            held = self._outbox.held
            self._engine.receive(data, time.monotonic())
            if self._outbox.held != held:
                if self._waiting_for_room:
                    self._room.notify_all()
                if not self._outbox.held:
                    self._settled.notify_all()

    def _tell(self) -> None:
        """Calls back, outside the lock, what is to be told."""
        with self._lock:
            untold, acked = self._engine.session.take_untold(), self._engine.session.take_acked()
            ended = self._closed or self._failed
            ready = [one for one in self._on_room if ended or self._outbox.has_room(one[0])]
            self._on_room = [one for one in self._on_room if one not in ready]
        tell_taken(self._options, untold, acked)
        for _, function in ready:
            call(function)

    def _wait_for_events(self, sock: Optional[socket.socket], writing: bool, seconds: Optional[float]) -> bool:
        """Until the socket has something, another thread wakes this one, or the time is over."""
        if self._on_room:
            seconds = DISK_RETRY_SECONDS if seconds is None else min(seconds, DISK_RETRY_SECONDS)
        watched = {self._wake_read.fileno(): False}
        if sock is not None:
            watched[sock.fileno()] = writing
        ready = poll(watched, seconds)
        with self._lock:
            self._sleeping = False
        if self._wake_read.fileno() in ready:
            try:
                self._wake_read.recv(4096)
            except BlockingIOError:
                pass
        return sock is None or not writing or ready.get(sock.fileno(), False)
