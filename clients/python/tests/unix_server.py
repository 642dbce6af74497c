"""The scripted server at a unix socket's path, and one whose queue of connections is full."""

import contextlib
import socket

from fake_server import FakeServer


def stores_one(peer):
    """A turn: takes the record b"1" to its end."""
    peer.welcome()
    assert peer.records(1) == [b"1"]
    peer.say(ack=1)
    peer.bye()


def listen(path, backlog=128):
    """Takes the place of a file that a listener before this one has left."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(backlog)
    return listener


class UnixServer(FakeServer):
    def __init__(self, path, *turns, backlog=128):
        super().__init__(*turns)
        self.listener.close()
        self.listener = listen(path, backlog)
        self.url = f"unix://{path}"


@contextlib.contextmanager
def full_queue(path):
    """Connects to a listener until no more find room; how many have."""
    with contextlib.ExitStack() as others:
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                other = others.enter_context(socket.socket(socket.AF_UNIX))
                other.setblocking(False)
                other.connect(str(path))
                count += 1
        yield count
