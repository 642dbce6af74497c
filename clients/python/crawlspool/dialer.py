"""How the blocking client comes by a connection: the addresses of a server's name race, each a little behind the one
before it (RFC 8305), all within connect_timeout. A unix socket has one address, and nothing to look up."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import time
from collections import deque
from typing import Dict, List, Optional, Protocol

from .addresses import (FULL_QUEUE_SECONDS, STAGGER_SECONDS, Endpoint, Failures, Lookups, connect_unix,
                        unix_endpoint)
from .journal import Journal
from .options import Address, Options, Server, SocketPath, TlsAddress
from .sockets import close_silently


class Wait(Protocol):
    def __call__(self, watched: Dict[int, bool], seconds: Optional[float]) -> Dict[int, bool]:
        """Until one of these descriptors has something, or is ready to be written to where that is asked for, or wake()
        is called, or the time is over. Those that are ready, and whether to write. OSError: the connection is not
        wanted any longer."""


class Wake(Protocol):
    def __call__(self) -> None:
        """Ends the wait, from any thread."""


class Dialer:
    """`sockets` holds each that is open, from here on and afterwards: a fork's child has to close them."""

    def __init__(self, options: Options, journal: Journal, sockets: List[socket.socket], wait: Wait, wake: Wake) -> None:
        self._options = options
        self._journal = journal
        self._sockets = sockets
        self._wait = wait
        self._wake = wake
        self._lookups = Lookups()

    def connect(self, server: Server) -> socket.socket:
        """OSError or UnicodeError: none came about."""
        end = time.monotonic() + self._options.connect_timeout
        failures = Failures()
        try:
            if isinstance(server, SocketPath):
                return self._reach(server, end, failures)
            trust = self._options.trust_of(server)
            context = trust.context(self._journal) if trust else None
            address = server.at if isinstance(server, TlsAddress) else server
            sock = self._race(self._look_up(address, end, failures), end, failures)
            return self._shake_hands(context, sock, address, end, failures) if context else sock
        except BaseException:
            self.hang_up()
            raise

    def hang_up(self) -> None:
        while self._sockets:
            close_silently(self._sockets.pop())

    def _reach(self, server: SocketPath, end: float, failures: Failures) -> socket.socket:
        endpoint = unix_endpoint(server)
        sock = endpoint.make_socket()
        self._sockets.append(sock)
        while not connect_unix(sock, endpoint, failures):
            self._wait({}, min(FULL_QUEUE_SECONDS, _left(end, failures)))
        return sock

    def _look_up(self, server: Address, end: float, failures: Failures) -> List[Endpoint]:
        lookup = self._lookups.start(server)
        lookup.call_when_over(self._wake)
        while not lookup.is_over():
            self._wait({}, _left(end, failures))
        return lookup.result()

    def _race(self, endpoints: List[Endpoint], end: float, failures: Failures) -> socket.socket:
        waiting = deque(endpoints)
        running: Dict[int, Endpoint] = {}
        start = 0.0  # of the next one
        while True:
            while waiting and (not running or start <= time.monotonic()):
                start = time.monotonic() + STAGGER_SECONDS
                self._begin(waiting.popleft(), running, failures)
            if not running:
                raise failures.error()
            seconds = _left(end, failures)
            ready = self._wait(dict.fromkeys(running, True),
                               min(seconds, max(0.0, start - time.monotonic())) if waiting else seconds)
            for descriptor in (one for one, writable in ready.items() if writable):
                if self._has_won(descriptor, running.pop(descriptor), failures):
                    return self._sockets[0]
                start = 0.0

    def _begin(self, endpoint: Endpoint, running: Dict[int, Endpoint], failures: Failures) -> None:
        try:
            sock = endpoint.make_socket()
        except OSError as error:  # of a family that this machine has not
            failures.add(endpoint, error)
            return
        self._sockets.append(sock)
        code = sock.connect_ex(endpoint.address)
        if code in (0, errno.EINPROGRESS, errno.EWOULDBLOCK):
            running[sock.fileno()] = endpoint
        else:
            self._drop(sock, endpoint, code, failures)

    def _has_won(self, descriptor: int, endpoint: Endpoint, failures: Failures) -> bool:
        (sock,) = (one for one in self._sockets if one.fileno() == descriptor)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._drop(sock, endpoint, code, failures)
            return False
        self._sockets.remove(sock)
        self.hang_up()
        self._sockets.append(sock)
        return True

    def _drop(self, sock: socket.socket, endpoint: Endpoint, code: int, failures: Failures) -> None:
        failures.add(endpoint, OSError(code, os.strerror(code)))
        self._sockets.remove(sock)
        sock.close()

    def _shake_hands(self, tls: ssl.SSLContext, plain: socket.socket, server: Address, end: float,
                     failures: Failures) -> socket.socket:
        sock = tls.wrap_socket(plain, server_hostname=server.host, do_handshake_on_connect=False)
        self._sockets[:] = [sock]
        while True:
            try:
                sock.do_handshake()
                return sock
            except ssl.SSLWantReadError:
                self._wait({sock.fileno(): False}, _left(end, failures))
            except ssl.SSLWantWriteError:
                self._wait({sock.fileno(): True}, _left(end, failures))


def _left(end: float, failures: Failures) -> float:
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise failures.timeout()
    return seconds
