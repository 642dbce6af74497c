"""Records that tests send, and where nobody takes them."""

import socket


def numbered(count, start=0):
    return [b'{"n":%d}' % n for n in range(start, start + count)]


def records(first, last):
    """Named for their numbers."""
    return [b'{"n":%d}' % n for n in range(first, last + 1)]


def dead_address():
    """Where nobody listens: the port was free a moment ago, and loopback gives it to nobody while it is bound."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock, "tcp://127.0.0.1:{}".format(sock.getsockname()[1])
