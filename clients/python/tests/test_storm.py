"""Storms, drawn by chance and without a network: connections are cut at any byte either way, the server is killed with
what it has not synced, refuses batches and takes sessions away, the worker is killed and comes back to its buffer. In
the end the server has each record once, in order, and each verdict was told or counted."""

import json
import random

import pytest
from buffers import create, reopen
from conversation import WELCOME, Conversation, message
from crawlspool import frames

BAD = b"{"


class Server:
    """What PROTOCOL.md says of a server, as far as sessions go."""

    def __init__(self):
        self.stored = []
        self.sessions = {}  # digits: [last number settled, records rejected]
        self.limits = {"record_bytes_max": 60, "batch_bytes_max": 400, "batch_records_max": 20}



class Connection:
    """The server's end of one."""

    def __init__(self, server, chance):
        self.server = server
        self.chance = chance
        self.incoming = b""
        self.pending = []  # taken in, not on the disk
        self.session = None
        self.next = 0
        self.is_over = False

    def take(self, data):
        """What it says at once to these bytes."""
        self.incoming += data
        answers = []
        while not self.is_over and len(self.incoming) >= 4:
            word = int.from_bytes(self.incoming[:4], "big")
            kind, end = word >> 28, 4 + (word & frames.LENGTH_MAX)
            if len(self.incoming) < end:
                break
            payload, self.incoming = self.incoming[4:end], self.incoming[end:]
            answers.append(self.take_frame(kind, payload))
        return b"".join(answers)

    def take_frame(self, kind, payload):
        if kind == frames.HELLO:
            return self.welcome(json.loads(payload))
        if kind == frames.RECORD:
            too_large = len(payload) > self.server.limits["record_bytes_max"]
            return self.refuse("frame_too_large") if too_large else self.take_record(payload)
        if kind == frames.BATCH:
            lines = payload.split(b"\n")
            if len(lines) > 20 or len(payload) > 400 or self.chance.random() < 0.02:
                return self.refuse("bad_batch")
            return b"".join(self.take_record(line) for line in lines)
        return b""

    def welcome(self, hello):
        known = hello["session"] in self.server.sessions
        self.session = self.server.sessions.setdefault(hello["session"], [0, 0])
        self.session[0] = max(self.session[0], hello["from"] - 1)
        self.next = self.session[0] + 1
        return message("welcome", {**WELCOME, **self.server.limits, "last_seq": self.session[0], "known": known,
                                   "rejected": self.session[1]})

    def take_record(self, record):
        number = self.next
        self.next += 1
        code = "invalid_json" if record == BAD else "record_too_large" if len(record) > 60 else None
        self.pending.append((number, record, code))
        return message("reject", {"seq": number, "code": code, "detail": "d"}) if code else b""

    def refuse(self, code):
        """All before is settled first."""
        self.is_over = True
        return self.commit(len(self.pending)) + message("error", {"code": code, "detail": "d", "seq": self.next})

    def commit(self, count):
        """So many records reach the disk; the ack."""
        for number, record, code in self.pending[:count]:
            self.session[0] = number
            if code:
                self.session[1] += 1
            else:
                self.server.stored.append(record)
        del self.pending[:count]
        return message("ack", self.session[0]) if count else b""


class Storm:
    def __init__(self, seed, tmp_path, *, buffered):
        self.chance = random.Random(seed)
        self.server = Server()
        self.connection = None
        self.tmp_path = tmp_path
        self.options = dict(window=40, window_bytes=2000, batch_records=self.chance.choice([1, 7, 30]), batch_bytes=300)
        self.one = Conversation(buffer=create(tmp_path / str(seed), bytes_max=32 << 10) if buffered else None,
                                **self.options)
        self.told = self.missed = self.acked = 0
        self.to_client = b""
        self.given = []

    def record(self):
        n = len(self.given)
        kind = self.chance.random()
        if kind < 0.05:
            return BAD
        if kind < 0.1:
            return b'"%d %s"' % (n, b"x" * self.chance.choice([40, 90, 390, 500]))
        return b'{"n":\n%d}' % n if kind < 0.2 else b'{"n":%d}' % n

    def put(self):
        for _ in range(self.chance.randrange(30)):
            record = self.record()
            if not self.one.outbox.has_room(len(record)):
                return
            self.one.put(record)
            self.given.append(record)

    def note(self):
        self.told += len(self.one.told())

    def hear(self, data):
        if not self.one.engine.over:
            self.one.engine.receive(data, self.one.now)
        self.note()

    def connect(self):
        self.one.engine.end(self.one.now)
        self.connection, self.to_client = Connection(self.server, self.chance), b""
        self.to_client = self.connection.take(self.one.engine.begin(self.one.server, self.one.now))

    def disconnect(self):
        """Of what either side has written, any number of bytes arrives; then the server syncs what it took in, or is
        killed before that."""
        if self.connection is None:
            return
        data = b"".join(frames.frame(payload, kind) for kind, payload in self.one.output())
        self.connection.take(data[:self.chance.randrange(len(data) + 1)])
        self.hear(self.to_client[:self.chance.randrange(len(self.to_client) + 1)])
        if self.connection.session:
            self.connection.commit(self.chance.choice([0, len(self.connection.pending),
                                                       self.chance.randrange(len(self.connection.pending) + 1)]))
        self.connection, self.to_client = None, b""
        self.one.engine.end(self.one.now)

    def supersede(self):
        """All that was taken in is settled and acked first."""
        last = self.connection.commit(len(self.connection.pending))
        self.hear(self.to_client + last + message("goodbye", {"reason": "superseded", "detail": "d"}))
        self.connection = None
        self.one.engine.end(self.one.now)

    def kill_worker(self):
        self.disconnect()
        buffer = self.one.outbox.buffer
        self.missed += self.one.counters.verdicts_missed
        self.one = Conversation(buffer=reopen(buffer, 32 << 10), **self.options)

    def talk(self):
        one, connection = self.one, self.connection
        one.now += self.chance.choice([0, 0.01, 0.03])
        self.hear(self.to_client)
        self.to_client = b""
        if not one.engine.over:
            data = b"".join(frames.frame(payload, kind) for kind, payload in one.output())
            self.to_client += connection.take(data)
            if connection.session and not connection.is_over:
                self.to_client += connection.commit(self.chance.randrange(len(connection.pending) + 1))
        if one.engine.over or connection.is_over:
            self.hear(self.to_client)
            self.connection = None
            one.engine.end(one.now)

    def blow(self, steps):
        for _ in range(steps):
            step = self.chance.random()
            if step < 0.3:
                self.put()
            elif step < 0.35:
                self.disconnect()
            elif step < 0.37 and self.one.outbox.buffer:
                self.kill_worker()
            elif step < 0.38 and self.connection and self.connection.session:
                self.supersede()
            elif self.connection is None:
                self.connect()
            else:
                self.talk()

    def calm_down(self):
        self.one.engine.hurried = 1
        for _ in range(2000):
            if self.connection is None:
                self.connect()
            self.talk()
            if not self.one.counters.unsettled and not self.to_client:
                break
        self.missed += self.one.counters.verdicts_missed
        if self.one.outbox.buffer:
            self.one.outbox.buffer.close()


@pytest.mark.parametrize("buffered", [False, True], ids=["memory", "buffer"])
@pytest.mark.parametrize("first", range(0, 300, 100))
def test_a_storm_loses_and_doubles_nothing(tmp_path, buffered, first, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)
    for seed in range(first, first + 100):
        storm = Storm(seed, tmp_path, buffered=buffered)
        storm.blow(300)
        storm.calm_down()
        is_good = [record != BAD and len(record) <= 60 for record in storm.given]
        assert storm.one.counters.unsettled == 0, seed
        assert storm.server.stored == [record for record, good in zip(storm.given, is_good) if good], seed
        assert storm.one.counters.maybe_twice == 0, seed
        if not buffered:
            assert storm.told + storm.missed == is_good.count(False), seed
