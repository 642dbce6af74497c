"""Sockets that never block, plain or TLS, as the blocking client's thread uses them."""

from __future__ import annotations

import encodings.idna  # noqa: F401  what getaddrinfo() imports: not in a thread, while another one may fork
import os
import select
import socket
import ssl
from typing import Dict, Optional

from .options import Address, Options

RECEIVE_BYTES = 256 << 10


def connect(server: Address, options: Options) -> socket.socket:
    """Blocks up to connect_timeout, for TLS up to twice that."""
    sock = socket.create_connection(server, options.connect_timeout)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if options.tls:
            sock = options.tls.wrap_socket(sock, server_hostname=server.host)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


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


def close_silently(sock: socket.socket) -> None:
    """Without TLS's goodbye, which a fork's child must not say for its parent."""
    try:
        os.close(sock.detach())
    except OSError:
        pass
