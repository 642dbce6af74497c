"""What a session's own thread (pump.py) and the threads that send (worker.py) have in common. All of it is read and
written under the lock, but where it says otherwise."""

from __future__ import annotations

import socket
import threading
from threading import get_ident
from typing import Callable, Dict, List, Optional, Tuple

from .buffer import DISK_RETRY_SECONDS
from .errors import Refused
from .options import Options
from .sessions import Sessions
from .sockets import close_silently, end_here, poll
from .waiters import Waiters


class Abandoned(BaseException):
    """In a fork's child: this thread is a copy of one that goes on in the parent."""


class Holding:
    """`with lock, holding`: says which thread has the lock. Behind the lock, whose own `with` no Ctrl-C can tear."""

    def __init__(self, lock: threading.Lock) -> None:
        self.thread = 0
        self._lock = lock

    def __enter__(self) -> None:
        self.thread = get_ident()

    def __exit__(self, *_: object) -> None:
        self.thread = 0

    def check(self) -> None:
        """Before the lock is asked for. The collector runs any __del__, and a signal its handler, in the midst of what
        this thread does."""
        if self.thread == get_ident() and self._lock.locked():  # else Ctrl-C tore it: nobody holds anything
            raise RuntimeError("a __del__ or a signal handler called the client in the midst of the client's own work; "
                               "nothing was taken")


class Shared:
    def __init__(self, options: Options, sessions: Sessions) -> None:
        self.options = options
        self.sessions = sessions
        self.lock = threading.Lock()
        self.holding = Holding(self.lock)
        self.room = Waiters()
        self.settled = Waiters()
        self.on_room: List[Tuple[int, Callable[[], object]]] = []  # (bytes needed, what to call)
        self.failed: Optional[Refused] = None  # no server will have the records
        self.closed = False  # no more records are taken
        self.stopping = False  # the thread ends, whatever is left
        self.ended = False  # it has
        self.sleeping = False  # the thread has to be woken
        self.abandoned = False  # in a fork's child
        self.native_ids: List[int] = []  # the system's, of the thread that made this one and of itself
        self.sockets: List[socket.socket] = []  # open ones; only the thread changes them
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)

    def wake(self) -> None:
        """From any thread, with the lock or without."""
        self.sleeping = False
        try:
            self._wake_write.send(b"\0")
        except (BlockingIOError, OSError):
            pass  # it has enough to wake up by

    def is_over(self) -> bool:
        return self.stopping or self.sessions.is_done()

    def wait_for_events(self, watched: Dict[int, bool], seconds: Optional[float]) -> Dict[int, bool]:
        """The thread's sleep, without the lock: until one of these descriptors has something (or takes something, where
        that is asked for), another thread wakes this one, or the time is over. Those that are ready, and whether to
        write."""
        if self.on_room:
            seconds = DISK_RETRY_SECONDS if seconds is None else min(seconds, DISK_RETRY_SECONDS)
        if not self.abandoned:
            ready = poll({**watched, self._wake_read.fileno(): False}, seconds)
        if self.abandoned:
            raise Abandoned
        with self.lock, self.holding:
            self.sleeping = False
        if ready.pop(self._wake_read.fileno(), None) is not None:
            try:
                self._wake_read.recv(4096)
            except BlockingIOError:
                pass
        return ready

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
        """In a fork's child, where no other thread is and the lock may be anybody's. Under gevent all threads are one,
        and go on in the child: there this session's ends by itself, as it sees its sockets' end."""
        self.abandoned = True
        is_green = not self.ended and len(set(self.native_ids)) < len(self.native_ids)
        for sock in (*self.sockets, self._wake_read, self._wake_write):
            if is_green and sock.fileno() >= 0:
                end_here(sock)
            else:
                close_silently(sock)
        self.sessions.release()

    def let_go(self) -> None:
        """As abandon() leaves it to the copy of the thread."""
        for sock in (*self.sockets, self._wake_read, self._wake_write):
            close_silently(sock)
        threading.current_thread()  # gives the copy its place among the child's threads, which it leaves now
