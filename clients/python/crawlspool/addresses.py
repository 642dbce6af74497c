"""The addresses of a server's name, and in which order they are tried. The system's look-up cannot be broken off, so it
runs in a thread that nobody has to wait for. A unix socket needs none of that: its path is its one address."""

from __future__ import annotations

import encodings.idna  # noqa: F401  what getaddrinfo() imports: not in a thread, while another one may fork
import itertools
import socket
import threading
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from .options import Address, SocketPath

STAGGER_SECONDS = 0.25  # RFC 8305: how long one address is ahead of the next
FULL_QUEUE_SECONDS = 0.05  # between two attempts at a unix socket whose listener has no room for one more connection


class Endpoint(NamedTuple):
    """What a socket is made with, and connected to."""

    family: int
    kind: int
    protocol: int
    address: Any

    @property
    def is_unix(self) -> bool:
        return isinstance(self.address, str)

    def __str__(self) -> str:
        return str(self.address if self.is_unix else self.address[0])

    def make_socket(self) -> socket.socket:
        """One that does not block."""
        sock = socket.socket(self.family, self.kind, self.protocol)
        try:
            sock.setblocking(False)
            if not self.is_unix:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        except BaseException:
            sock.close()
            raise
        return sock


def find_endpoints(server: Address, flags: int = 0) -> List[Endpoint]:
    """Of both families in turn, the system's first choice first (RFC 8305). It may take as long as the system likes."""
    by_family: Dict[int, List[Endpoint]] = {}
    for family, kind, protocol, _, address in socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM,
                                                                 flags=flags):
        endpoint = Endpoint(family, kind, protocol, address)
        if endpoint not in by_family.setdefault(family, []):
            by_family[family].append(endpoint)
    rows = itertools.zip_longest(*by_family.values())
    endpoints = [endpoint for row in rows for endpoint in row if endpoint is not None]
    if not endpoints:
        raise OSError(f"{server.host} has no address")
    return endpoints


class Failures:
    """Why one address after the other failed."""

    def __init__(self) -> None:
        self._found: Dict[Endpoint, BaseException] = {}

    def add(self, endpoint: Endpoint, error: BaseException) -> None:
        self._found[endpoint] = error

    def error(self) -> BaseException:
        """The only one as it is, several as one."""
        errors = list(self._found.values())
        return errors[0] if len(errors) == 1 else OSError(self._text())

    def timeout(self) -> OSError:
        return TimeoutError(f"no connection in time ({self._text()})" if self._found else "no connection in time")

    def _text(self) -> str:
        return "; ".join(f"{endpoint}: {error}" for endpoint, error in self._found.items())


def unix_endpoint(server: SocketPath) -> Endpoint:
    return Endpoint(socket.AF_UNIX, socket.SOCK_STREAM, 0, server.path)


def connect_unix(sock: socket.socket, endpoint: Endpoint, failures: Failures) -> bool:
    """Returns False while the listener's queue is full: no poll says when it has room, so the caller tries again. All
    else is decided at once; OSError says why there is no connection."""
    try:
        sock.connect(endpoint.address)
        return True
    except BlockingIOError as error:
        failures.add(endpoint, OSError(error.errno, "the listener's queue of connections is full"))
        return False


class Lookup:
    """`endpoints`, or `error`, once it is over."""

    def __init__(self, server: Address) -> None:
        self.server = server
        self.endpoints: List[Endpoint] = []
        self.error: Optional[Exception] = None
        self._done: Optional[Callable[[], object]] = None
        self._lock = threading.Lock()
        self._over = False

    def start(self) -> None:
        """An address in digits is there at once. Where no thread can be had, as at a program's end, this waits."""
        try:
            self.endpoints, self._over = find_endpoints(self.server, socket.AI_NUMERICHOST), True
        except socket.gaierror:
            try:
                threading.Thread(target=self._run, name="crawlspool-lookup", daemon=True).start()
            except RuntimeError:
                self._run()

    def _run(self) -> None:
        try:
            self.endpoints = find_endpoints(self.server)
        except Exception as error:
            self.error = error
        with self._lock:
            self._over = True
            done = self._done
        if done:
            done()

    def call_when_over(self, done: Callable[[], object]) -> None:
        """In whichever thread; in this one if it is over already. In place of what was to be called before."""
        with self._lock:
            self._done = done
            over = self._over
        if over:
            done()

    def is_over(self) -> bool:
        return self._over

    def result(self) -> List[Endpoint]:
        if self.error:
            raise self.error
        return self.endpoints


class Lookups:
    """One look-up of a server's name at a time: one that hangs is not joined by another at each attempt."""

    def __init__(self) -> None:
        self._under_way: Dict[Address, Lookup] = {}

    def start(self, server: Address) -> Lookup:
        lookup = self._under_way.pop(server, None)
        if lookup is None or lookup.is_over():
            lookup = Lookup(server)
            lookup.start()
        self._under_way[server] = lookup
        return lookup
