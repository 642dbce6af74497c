"""A name whose addresses a test makes up, and addresses that do not answer."""

import contextlib
import socket

NAME = "crawl-server"
URL = f"tcp://{NAME}:8940"


@contextlib.contextmanager
def full_listener():
    """Its queue of connections is full: who connects gets no answer."""
    with socket.socket() as sock, contextlib.ExitStack() as others:
        sock.bind(("127.0.0.1", 0))
        sock.listen(0)
        for _ in range(5):
            other = others.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(sock.getsockname())
        yield "tcp://{}:{}".format(*sock.getsockname())


def address(url):
    host, port = url[len("tcp://"):].rsplit(":", 1)
    return host, int(port)


def name_server(monkeypatch, look_up):
    """`look_up()` gives the addresses of NAME; any other name is looked up as ever."""
    real = socket.getaddrinfo

    def fake(host, port, family=0, type=0, proto=0, flags=0):
        if host != NAME:
            return real(host, port, family, type, proto, flags)
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "no number")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", one) for one in look_up()]

    monkeypatch.setattr(socket, "getaddrinfo", fake)
