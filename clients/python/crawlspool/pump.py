"""A session's own thread in the blocking client: it owns the socket and drives the engine. Whatever touches the engine
has the lock; the thread writes, reads and compresses without it."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from typing import Optional

from .errors import Refused
from .options import Address
from .shared import Shared
from .sockets import close_silently, connect, receive, send
from .telling import call, tell_taken

log = logging.getLogger("crawlspool")

OUTGOING_BYTES = 1 << 20  # taken from the engine ahead of the socket
BYE_SECONDS = 5.0  # for the server's goodbye, once all is settled


class Pump:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._options = shared.options
        self._lock = shared.lock
        self._outbox = shared.outbox
        self._engine = shared.engine
        self._route = shared.route

    def run(self) -> None:
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
                self._shared.failed = Refused("this client", "internal_error", repr(error))
        finally:
            with self._lock:
                self._shared.end()

    def _is_over(self) -> bool:
        with self._lock:
            return self._shared.is_over()

    def _sleep(self, seconds: Optional[float]) -> None:
        """Until the time is over or the state has changed in a way that ends it."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self._is_over():
            with self._lock:
                if end is None and self._outbox.held:
                    return
                self._shared.sleeping = True
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return
            self._shared.wait_for_events(None, False, left)
            self._tell()

    def _visit(self, server: Address) -> None:
        """One attempt at a connection, and its whole life."""
        reason = ""
        try:
            self._shared.sock = connect(server, self._options)
            self._converse(self._shared.sock, str(server))
        except (OSError, ssl.SSLError) as error:
            reason = f"{server}: {error}"
        finally:
            if self._shared.sock is not None:
                close_silently(self._shared.sock)
                self._shared.sock = None
        with self._lock:
            now = time.monotonic()
            ended = self._engine.end(now)
            self._shared.failed = self._route.ended(server, ended, now)
            failed, done, held = self._shared.failed, self._engine.is_done(), self._outbox.held
        self._tell()
        if failed:
            log.error("%s", failed)
            self._wait_for_stop()
        elif not done and not self._shared.stopping:
            log.warning("the connection has ended, %d records wait: %s", held,
                        ended.reason or reason or f"{server}: the server closed")

    def _wait_for_stop(self) -> None:
        while not self._is_over():
            with self._lock:
                self._shared.settled.notify_all()
                self._shared.room.notify_all()
            self._shared.wait_for_events(None, False, None)

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
            if self._shared.stopping or self._engine.over:
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
            if self._shared.stopping or (self._engine.is_done() and not self._engine.welcomed):
                self._shared.stopping = True
                return False
            self._shared.sleeping = not writing
        return self._shared.wait_for_events(sock, writing, seconds)

    def _receive(self, data: bytes) -> None:
        with self._lock:
            held = self._outbox.held
            self._engine.receive(data, time.monotonic())
            if self._outbox.held != held:
                if self._shared.waiting_for_room:
                    self._shared.room.notify_all()
                if not self._outbox.held:
                    self._shared.settled.notify_all()

    def _tell(self) -> None:
        """Calls back, outside the lock, what is to be told."""
        with self._lock:
            untold, acked = self._engine.session.take_untold(), self._engine.session.take_acked()
            ended = self._shared.closed or self._shared.failed
            ready = [one for one in self._shared.on_room if ended or self._outbox.has_room(one[0])]
            self._shared.on_room = [one for one in self._shared.on_room if one not in ready]
        tell_taken(self._options, untold, acked)
        for _, function in ready:
            call(function)
