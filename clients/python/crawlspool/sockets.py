"""Sockets that never block, plain or TLS, as the blocking client's thread uses them."""

from __future__ import annotations

import array
import encodings.idna  # noqa: F401  what getaddrinfo() imports: not in a thread, while another one may fork
import errno
import os
import select
import socket
import ssl
import time
from typing import Any, Dict, Optional, Protocol

from .options import Address, Options

try:
    import fcntl
    import termios
except ImportError:
    termios = None  # type: ignore[assignment]

RECEIVE_BYTES = 256 << 10


class Wait(Protocol):
    def __call__(self, sock: socket.socket, writing: bool, seconds: Optional[float]) -> bool:
        """Until the socket has something, or is ready to be written to (whether it is), or the time is over. OSError:
        the connection is not wanted any longer."""


def connect(server: Address, options: Options, wait: Wait) -> socket.socket:
    """Tries each of the server's addresses, up to connect_timeout."""
    failure: Optional[OSError] = None
    for family, kind, protocol, _, address in socket.getaddrinfo(*server, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            end = time.monotonic() + options.connect_timeout
            _connect(sock, address, wait, end)
            if options.tls:
                sock = options.tls.wrap_socket(sock, server_hostname=server.host, do_handshake_on_connect=False)
                _shake_hands(sock, wait, end)
            return sock
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
    raise failure or OSError(f"{server.host} has no address")


def _connect(sock: socket.socket, address: Any, wait: Wait, end: float) -> None:
    code = sock.connect_ex(address)
    if code in (errno.EINPROGRESS, errno.EWOULDBLOCK):
        while not wait(sock, True, _left(end)):
            pass
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


def _shake_hands(sock: ssl.SSLSocket, wait: Wait, end: float) -> None:
    while True:
        try:
            sock.do_handshake()
            return
        except ssl.SSLWantReadError:
            wait(sock, False, _left(end))
        except ssl.SSLWantWriteError:
            wait(sock, True, _left(end))


def _left(end: float) -> float:
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("no connection in time")
    return seconds


def poll(watched: Dict[int, bool], seconds: Optional[float]) -> Dict[int, bool]:
    """Of these descriptors (and whether to wait for room to write) those that are ready, and whether to write."""
    if hasattr(select, "poll"):  # select() cannot watch descriptors from 1024 on
        poller = select.poll()
        for descriptor, writing in watched.items():
            poller.register(descriptor, select.POLLIN | (select.POLLOUT if writing else 0))
        events = poller.poll(None if seconds is None else int(seconds * 1000) + 1)
        return {descriptor: bool(event & ~select.POLLIN) for descriptor, event in events}
    writers = [descriptor for descriptor, writing in watched.items() if writing]
    readable, writable, _ = select.select(list(watched), writers, [], seconds)
    return {descriptor: descriptor in writable for descriptor in (*readable, *writable)}


def send(sock: socket.socket, data: memoryview) -> int:
    """How many bytes the socket took."""
    try:
        return sock.send(data[:RECEIVE_BYTES] if isinstance(sock, ssl.SSLSocket) else data)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return 0


def receive(sock: socket.socket) -> Optional[bytes]:
    """What came; None if nothing is there; empty at the end."""
    try:
        return sock.recv(RECEIVE_BYTES)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return None


def count_under_way(descriptor: int) -> int:
    """Bytes that the socket took and the other end has not; 0 where the system does not say."""
    if termios is None:
        return 0
    count = array.array("i", [0])
    try:
        fcntl.ioctl(descriptor, termios.TIOCOUTQ, count)
    except OSError:
        return 0
    return count[0]


def close_silently(sock: socket.socket) -> None:
    """Without TLS's goodbye, which a fork's child must not say for its parent."""
    try:
        os.close(sock.detach())
    except OSError:
        pass
