"""What a session's own thread (pump.py) and the threads that send (worker.py) have in common. All of it is read and
written under the lock, but where it says otherwise."""

from __future__ import annotations

import socket
import threading
from typing import Callable, List, Optional, Tuple

from .buffer import DISK_RETRY_SECONDS
from .errors import Refused
from .options import Options
from .sessions import Sessions
from .sockets import close_silently, poll
from .waiters import Waiters


class Shared:
    def __init__(self, options: Options, sessions: Sessions) -> None:
        self.options = options
        self.sessions = sessions
        self.lock = threading.Lock()
        self.room = Waiters()
        self.settled = Waiters()
        self.on_room: List[Tuple[int, Callable[[], object]]] = []  # (bytes needed, what to call)
        self.failed: Optional[Refused] = None  # no server will have the records
        self.closed = False  # no more records are taken
        self.stopping = False  # the thread ends, whatever is left
        self.ended = False  # it has
        self.sleeping = False  # the thread has to be woken
        self.sock: Optional[socket.socket] = None
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)

    def wake(self) -> None:
        self.sleeping = False
        try:
            self._wake_write.send(b"\0")
        except (BlockingIOError, OSError):
            pass  # it has enough to wake up by

    def is_over(self) -> bool:
        return self.stopping or self.sessions.is_done()

    def wait_for_events(self, sock: Optional[socket.socket], writing: bool, seconds: Optional[float]) -> bool:
        """The thread's sleep, without the lock: until the socket has something, another thread wakes this one, or the
        time is over. Whether the socket may take more."""
        if self.on_room:
            seconds = DISK_RETRY_SECONDS if seconds is None else min(seconds, DISK_RETRY_SECONDS)
        watched = {self._wake_read.fileno(): False}
        if sock is not None:
            watched[sock.fileno()] = writing
        ready = poll(watched, seconds)
        with self.lock:
            self.sleeping = False
        if self._wake_read.fileno() in ready:
            try:
                self._wake_read.recv(4096)
            except BlockingIOError:
                pass
        return sock is None or not writing or ready.get(sock.fileno(), False)

    def take_ready(self, *, everything: bool) -> List[Callable[[], object]]:
        """What is to be called, without the lock, now that there is room for it; or no hope."""
        ready = [one for one in self.on_room if everything or self.sessions.outbox.has_room(one[0])]
        self.on_room = [one for one in self.on_room if one not in ready]
        return [function for _, function in ready]

    def end(self) -> List[Callable[[], object]]:
        """The thread is over: nobody waits for it any longer. What is to be called, without the lock."""
        self.ended = True
        self.sessions.close()
        self.room.wake()
        self.settled.wake()
        self._wake_read.close()
        self._wake_write.close()
        return self.take_ready(everything=True)

    def abandon(self) -> None:
        """In a fork's child, where no other thread is and the lock may be anybody's."""
        for sock in (self.sock, self._wake_read, self._wake_write):
            if sock is not None:
                close_silently(sock)
        self.sessions.release()
