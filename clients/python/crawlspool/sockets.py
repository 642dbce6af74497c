"""Sockets that never block, plain or TLS, as the blocking client's thread uses them."""

from __future__ import annotations

import os
import select
import socket
import ssl
from typing import Dict, Optional

RECEIVE_BYTES = 256 << 10
WANTS_TO_READ = -1


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
    """How many bytes the socket took; WANTS_TO_READ where TLS has to hear something first. After a 0 or WANTS_TO_READ the
    same bytes have to come next: TLS may have begun with them."""
    try:
        return sock.send(data[:RECEIVE_BYTES] if isinstance(sock, ssl.SSLSocket) else data)
    except ssl.SSLWantReadError:
        return WANTS_TO_READ
    except (BlockingIOError, ssl.SSLWantWriteError):
        return 0


def receive(sock: socket.socket) -> Optional[bytes]:
    """What came; None if nothing is there; empty at the end."""
    try:
        return sock.recv(RECEIVE_BYTES)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return None


def close_silently(sock: socket.socket) -> None:
    """Without TLS's goodbye, which a fork's child must not say for its parent."""
    descriptor = sock.detach()
    if descriptor >= 0:
        try:
            os.close(descriptor)
        except OSError:
            pass


def end_here(sock: socket.socket) -> None:
    """In a fork's child: the connection stays its parent's, and whoever watches the descriptor here sees an end."""
    near, far = socket.socketpair()
    far.close()
    os.dup2(near.fileno(), sock.fileno(), inheritable=False)
    near.close()
