"""A session's own thread in the blocking client: it owns the socket and drives the engine. Whatever touches the engine
has the lock; the thread writes, reads and compresses without it."""

from __future__ import annotations

import socket
import threading
import time
from typing import Dict, Optional

from .callbacks import call, call_back_taken
from .dialer import Dialer
from .errors import Refused
from .options import Server
from .shared import Abandoned, Shared
from .sockets import WANTS_TO_READ, receive, send

OUTGOING_BYTES = 1 << 20  # taken from the engine ahead of the socket


class Pump:
    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._options = shared.options
        self._lock = shared.lock
        self._holding = shared.holding
        self._sessions = shared.sessions
        self._journal = shared.sessions.journal
        self._dialer = Dialer(shared.options, self._journal, shared.sockets, self._wait_to_connect, shared.wake)

    def run(self) -> None:
        self._shared.native_ids.append(threading.get_native_id())
        try:
            self._run()
        except Abandoned:
            self._shared.let_go()

    def _run(self) -> None:
        try:
            while not self._is_over():
                self._sleep(None)  # until there is something to say
                with self._lock, self._holding:
                    self._sessions.advance()
                    step = self._sessions.route.next(time.monotonic())
                self._sleep(step.wait_seconds)
                if not self._is_over():
                    self._visit(step.server)
        except Abandoned:
            raise
        except BaseException as error:  # SystemExit too, from a callback: the threads that send have to know
            self._journal.error("the client's thread has ended; nothing more is sent", error=error)
            with self._lock, self._holding:
                self._shared.failed = Refused("this client", "internal_error", repr(error))
        finally:
            if not self._shared.abandoned:
                with self._lock, self._holding:
                    ready = self._shared.end()
                for function in ready:
                    call(self._journal, function)

    def _is_over(self) -> bool:
        with self._lock, self._holding:
            return self._shared.is_over()

    def _sleep(self, seconds: Optional[float]) -> None:
        """Until the time is over or the state has changed in a way that ends it."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self._is_over():
            with self._lock, self._holding:
                if end is None and self._sessions.held:
                    return
                self._shared.sleeping = True
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return
            self._shared.wait_for_events({}, left)
            self._call_back()

    def _visit(self, server: Server) -> None:
        """One attempt at a connection, and its whole life."""
        reason = ""
        try:
            self._converse(self._dialer.connect(server), str(server))
        except (OSError, UnicodeError) as error:  # no host name
            reason = f"{server}: {self._options.explain(server, error)}"
        finally:
            self._dialer.hang_up()
        with self._lock, self._holding:
            now = time.monotonic()
            ended = self._sessions.engine.end(now)
            self._shared.failed = self._sessions.route.ended(server, ended, now)
            failed, done, held = self._shared.failed, self._sessions.engine.is_done(), self._sessions.held
        self._call_back()
        if failed:
            self._journal.error("%s", failed)
            self._wait_for_stop()
        elif not done and not self._shared.stopping:
            self._journal.warning("the connection has ended, %d records wait: %s", held,
                        ended.reason or reason or f"{server}: the server closed")

    def _wait_to_connect(self, watched: Dict[int, bool], seconds: Optional[float]) -> Dict[int, bool]:
        with self._lock, self._holding:
            self._shared.sleeping = True
        ready = self._shared.wait_for_events(watched, seconds)
        if self._is_over():
            raise OSError("not wanted any longer")
        return ready

    def _wait_for_stop(self) -> None:
        while not self._is_over():
            with self._lock, self._holding:
                self._shared.settled.wake()
                self._shared.room.wake()
            self._call_back()
            self._shared.wait_for_events({}, None)

    def _converse(self, sock: socket.socket, server: str) -> None:
        with self._lock, self._holding:
            outgoing = memoryview(self._sessions.engine.begin(server, time.monotonic()))
        writable = waits_for_room = True
        while not (self._shared.stopping or self._sessions.engine.over):
            if not outgoing:
                outgoing = self._next_output()
            if outgoing and writable:
                count = self._send(sock, outgoing)
                writable = count > 0
                waits_for_room = count != WANTS_TO_READ
                outgoing = outgoing[max(count, 0):]
                if writable and not outgoing:
                    continue
            data = receive(sock)
            if data == b"":
                return
            if data:
                self._receive(data)
            elif not (outgoing and writable):
                writable = self._idle(sock, bool(outgoing), waits_for_room)

    def _send(self, sock: socket.socket, data: memoryview) -> int:
        try:
            return send(sock, data)
        except OSError:
            while received := receive(sock):  # why the server ended it
                self._receive(received)
            raise

    def _next_output(self) -> memoryview:
        """What goes out next, as much as the socket may take in one go."""
        with self._lock, self._holding:
            parts = [self._sessions.engine.control()]
        size = 0
        while size < OUTGOING_BYTES:
            with self._lock, self._holding:
                piece = self._sessions.engine.take(time.monotonic())
            if piece is None:
                break
            parts.append(self._sessions.engine.encode(piece))
            size += len(parts[-1])
        self._sessions.engine.session.counters.bytes_sent += size
        return memoryview(b"".join(parts))

    def _idle(self, sock: socket.socket, writing: bool, waits_for_room: bool) -> bool:
        """Waits until there is something to do; whether the socket may take more."""
        with self._lock, self._holding:
            now = time.monotonic()
            self._sessions.engine.tick(now)
            seconds = self._sessions.engine.due(now, not writing)
            if self._sessions.engine.over or (not writing and (seconds == 0 or self._sessions.engine.has_control())):
                return True
            if self._shared.stopping or (self._sessions.engine.is_done() and not self._sessions.engine.welcomed):
                self._shared.stopping = True
                return False
            self._shared.sleeping = not writing
        ready = self._shared.wait_for_events({sock.fileno(): writing and waits_for_room}, seconds)
        return not writing or (ready.get(sock.fileno(), False) if waits_for_room else sock.fileno() in ready)

    def _receive(self, data: bytes) -> None:
        with self._lock, self._holding:
            held = self._sessions.held
            self._sessions.engine.receive(data, time.monotonic())
            if self._sessions.held != held:
                self._shared.room.wake()
                if not self._sessions.held:
                    self._shared.settled.wake()
        self._call_back()

    def _call_back(self) -> None:
        """Calls the callbacks outside the lock."""
        with self._lock, self._holding:
            session = self._sessions.engine.session
            unreported, acked = session.take_unreported(), session.take_acked()
            ended = self._shared.closed or self._shared.failed
            ready = self._shared.take_ready(everything=bool(ended))
        call_back_taken(self._options, self._journal, unreported, acked)
        for function in ready:
            call(self._journal, function)
