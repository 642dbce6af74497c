"""A session's own thread in the blocking client: it owns the socket and drives the engine. Whatever touches the engine
has the lock; the thread writes, reads and compresses without it."""

from __future__ import annotations

import logging
import socket
import time
from typing import Optional

from .errors import Refused
from .options import Address
from .shared import Shared
from .sockets import close_silently, connect, count_under_way, receive, send
from .telling import call, tell_taken

log = logging.getLogger("crawlspool")

OUTGOING_BYTES = 1 << 20  # taken from the engine ahead of the socket


class Pump:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._options = shared.options
        self._lock = shared.lock
        self._sessions = shared.sessions

    def run(self) -> None:
        try:
            while not self._is_over():
                self._sleep(None)  # until there is something to say
                with self._lock:
                    self._sessions.advance()
                    step = self._sessions.route.next(time.monotonic())
                self._sleep(step.wait_seconds)
                if not self._is_over():
                    self._visit(step.server)
        except BaseException as error:  # SystemExit too, from a callback: the threads that send have to be told
            log.exception("the client's thread has ended; nothing more is sent")
            with self._lock:
                self._shared.failed = Refused("this client", "internal_error", repr(error))
        finally:
            with self._lock:
                ready = self._shared.end()
            for function in ready:
                call(function)

    def _is_over(self) -> bool:
        with self._lock:
            return self._shared.is_over()

    def _sleep(self, seconds: Optional[float]) -> None:
        """Until the time is over or the state has changed in a way that ends it."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self._is_over():
            with self._lock:
                if end is None and self._sessions.held:
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
            self._shared.sock = sock = connect(server, self._options, self._wait_to_connect)
            self._converse(sock, str(server))
        except (OSError, UnicodeError) as error:  # no host name
            reason = f"{server}: {error}"
        finally:
            if self._shared.sock is not None:
                close_silently(self._shared.sock)
                self._shared.sock = None
        with self._lock:
            now = time.monotonic()
            ended = self._sessions.engine.end(now)
            self._shared.failed = self._sessions.route.ended(server, ended, now)
            failed, done, held = self._shared.failed, self._sessions.engine.is_done(), self._sessions.held
        self._tell()
        if failed:
            log.error("%s", failed)
            self._wait_for_stop()
        elif not done and not self._shared.stopping:
            log.warning("the connection has ended, %d records wait: %s", held,
                        ended.reason or reason or f"{server}: the server closed")

    def _wait_to_connect(self, sock: socket.socket, writing: bool, seconds: Optional[float]) -> bool:
        with self._lock:
            self._shared.sock = sock
            self._shared.sleeping = True
        ready = self._shared.wait_for_events(sock, writing, seconds)
        if self._is_over():
            raise OSError("not wanted any longer")
        return ready

    def _wait_for_stop(self) -> None:
        while not self._is_over():
            with self._lock:
                self._shared.settled.wake()
                self._shared.room.wake()
            self._tell()
            self._shared.wait_for_events(None, False, None)

    def _converse(self, sock: socket.socket, server: str) -> None:
        with self._lock:
            outgoing = memoryview(self._sessions.engine.begin(server, time.monotonic()))
        writable = True
        sent = 0
        while not (self._shared.stopping or self._sessions.engine.over):
            if not outgoing:
                outgoing = self._next_output()
            if outgoing and writable:
                count = self._send(sock, outgoing)
                writable = count > 0
                sent += count
                outgoing = outgoing[count:]
                if count and not outgoing:
                    continue
            data = receive(sock)
            if data == b"":
                return
            if data:
                self._receive(data)
            elif not (outgoing and writable):
                writable = self._idle(sock, bool(outgoing), sent)

    def _send(self, sock: socket.socket, data: memoryview) -> int:
        try:
            return send(sock, data)
        except OSError:
            while received := receive(sock):  # why the server ended it
                self._receive(received)
            raise

    def _next_output(self) -> memoryview:
        """What goes out next, as much as the socket may take in one go."""
        with self._lock:
            parts = [self._sessions.engine.control()]
        size = 0
        while size < OUTGOING_BYTES:
            with self._lock:
                piece = self._sessions.engine.take(time.monotonic())
            if piece is None:
                break
            parts.append(self._sessions.engine.encode(piece))
            size += len(parts[-1])
        self._sessions.engine.session.counters.bytes_sent += size
        return memoryview(b"".join(parts))

    def _idle(self, sock: socket.socket, writing: bool, sent: int) -> bool:
        """Waits until there is something to do; whether the socket may take more."""
        with self._lock:
            now = time.monotonic()
            self._sessions.engine.tick(now, sent - count_under_way(sock.fileno()))
            seconds = self._sessions.engine.due(now, not writing)
            if self._sessions.engine.over or (not writing and (seconds == 0 or self._sessions.engine.has_control())):
                return True
            if self._shared.stopping or (self._sessions.engine.is_done() and not self._sessions.engine.welcomed):
                self._shared.stopping = True
                return False
            self._shared.sleeping = not writing
        return self._shared.wait_for_events(sock, writing, seconds)

    def _receive(self, data: bytes) -> None:
        with self._lock:
            held = self._sessions.held
            self._sessions.engine.receive(data, time.monotonic())
            if self._sessions.held != held:
                self._shared.room.wake()
                if not self._sessions.held:
                    self._shared.settled.wake()
        self._tell()

    def _tell(self) -> None:
        """Calls back, outside the lock, what is to be told."""
        with self._lock:
            untold, acked = self._sessions.engine.session.take_untold(), self._sessions.engine.session.take_acked()
            ended = self._shared.closed or self._shared.failed
            ready = self._shared.take_ready(everything=bool(ended))
        tell_taken(self._options, untold, acked)
        for function in ready:
            call(function)
