"""An engine without a network: what it writes is read as frames, what the server says is told to it."""

import json
import struct

from crawlspool import frames
from crawlspool.engine import Engine
from crawlspool.options import Address, Options
from crawlspool.outbox import Outbox

WELCOME = {"protocol": 1, "server": "crawlspoold 0.1.0", "last_seq": 0, "known": False, "rejected": 0, "ack": "synced",
           "record_bytes_max": 16777216, "batch_bytes_max": 33554432, "batch_records_max": 65536,
           "idle_timeout_ms": 300000}


def options(**more):
    told = []
    values = dict(servers=[Address("127.0.0.1", 8940)], client="worker-7", stream=None, ack="synced", window=1000,
                  window_bytes=1 << 20, batch_records=100, batch_bytes=1 << 16, batch_seconds=0.02, compress=False,
                  buffer_dir=None, buffer_bytes=1 << 20, buffer_sync=False, when_full="block", move="resend", tls=None,
                  connect_timeout=10.0, answer_timeout=60.0, close_timeout=None, on_reject=told.append, on_ack=None,
                  default=None)
    return Options(**{**values, **more})


def read_frames(data):
    """(type, payload) of each."""
    found = []
    while data:
        (word,) = struct.unpack_from(">I", data)
        length = word & frames.LENGTH_MAX
        assert len(data) >= 4 + length, "half a frame"
        found.append((word >> 28, data[4:4 + length]))
        data = data[4 + length:]
    return found


def message(key, value):
    return frames.frame(json.dumps({key: value}, separators=(",", ":")).encode())


class Conversation:
    def __init__(self, buffer=None, **more):
        self.options = options(**more)
        self.outbox = Outbox(self.options.window, self.options.window_bytes, self.options.batch_records,
                             self.options.batch_bytes, buffer)
        self.engine = Engine(self.options, self.outbox)
        self.engine.hurried = 1  # nothing waits for company, but where a test is about that
        self.now = 1000.0
        self.server = "tcp://127.0.0.1:8940"

    @property
    def session(self):
        return self.engine.session

    @property
    def counters(self):
        return self.session.snapshot()

    def put(self, *payloads):
        for payload in payloads:
            self.engine.put(payload, self.now)

    def connect(self, server=None, **welcome):
        """A new connection; what its hello says."""
        self.ended = self.engine.end(self.now)
        self.server = server or self.server
        ((kind, payload),) = read_frames(self.engine.begin(self.server, self.now))
        assert kind == frames.HELLO
        hello = json.loads(payload)
        if welcome is not None:
            last_seq = max(hello["from"] - 1, welcome.get("last_seq", 0))
            self.hear("welcome", {**WELCOME, **welcome, "last_seq": last_seq})
        return hello

    def hear(self, key, value):
        self.engine.receive(message(key, value), self.now)

    def output(self):
        """All that goes out now, as frames."""
        parts = [self.engine.control()]
        while (piece := self.engine.take(self.now)) is not None:
            parts.append(self.engine.encode(piece))
        return read_frames(b"".join(parts))

    def sent(self):
        """The records that go out now."""
        records = []
        for kind, payload in self.output():
            if kind == frames.BATCH:
                records += payload.split(b"\n")
            elif kind == frames.RECORD:
                records.append(payload)
        return records

    def told(self):
        """(number, code, record) of each verdict that on_reject gets now."""
        return [(reject.number, reject.code, reject.record) for reject in self.session.take_unreported()]
