"""A server that does what a script says, for what the real one does only rarely: it breaks connections, refuses frames,
forgets sessions. Each connection gets the next turn, a function that is handed a Peer; more connections than turns are
refused. What goes wrong in a turn fails the test at the end of the `with`."""

import json
import socket
import struct
import threading

from frames import BATCH, BYE, HELLO, RECORD, frame
from waiting import seconds

LIMITS = {"record_bytes_max": 1000, "batch_bytes_max": 100_000, "batch_records_max": 1000}


class Peer:
    """The other end of one connection."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(seconds(20))
        self.received = sock.makefile("rb")

    def frame(self):
        """(type, payload); None at the end."""
        header = self.received.read(4)
        if len(header) < 4:
            return None
        (word,) = struct.unpack(">I", header)
        return word >> 28, self.received.read(word & 0x0FFFFFFF)

    def hello(self):
        kind, payload = self.frame()
        assert kind == HELLO, kind
        return json.loads(payload)

    def say(self, **message):
        self.sock.sendall(frame(json.dumps(message, separators=(",", ":")).encode()))

    def welcome(self, **members):
        """Takes the hello and answers it; the hello."""
        hello = self.hello()
        welcome = {"protocol": 1, "server": "fake", "last_seq": hello.get("from", 1) - 1, "known": True, "rejected": 0,
                   "ack": "synced", **LIMITS, **members}
        self.say(welcome=welcome)
        return hello

    def records(self, count):
        """So many, from frames and batches that end with the last of them."""
        records = []
        while len(records) < count:
            kind, payload = self.frame()
            assert kind in (RECORD, BATCH), kind
            records += [payload] if kind == RECORD else payload.split(b"\n")[:-1]
        assert len(records) == count, records
        return records

    def bye(self):
        kind, _ = self.frame()
        assert kind == BYE, kind
        self.say(goodbye={"reason": "bye", "detail": "d"})

    def drain(self):
        """Reads until the client has closed."""
        while self.frame() is not None:
            pass


class FakeServer:
    def __init__(self, *turns):
        self.turns = turns
        self.failures = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "tcp://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)

    def serve(self):
        for turn in self.turns:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return  # closed: no further connection came
            with sock:
                try:
                    turn(Peer(sock))
                except Exception as failure:  # pylint: disable=broad-except
                    self.failures.append(failure)
        self.listener.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        except OSError:
            pass
        self.thread.join(seconds(30))
        self.listener.close()
        if kind is None and self.failures:
            raise self.failures[0]
