"""However the network cuts a client's bytes, the spool and the answers are the same: each sequence of frames is sent
split in two at every byte, and others of all kinds in pieces of random size. CRAWLSPOOL_SPLITS sets how many of those,
CRAWLSPOOL_SEED which."""

import collections
import json
import os
import random

import zstd_frames
from frames import BATCH, BYE, PING, PONG, ZSTD_BATCH, frame, hello
from sessions import digits, new_session

SPLITS = int(os.environ.get("CRAWLSPOOL_SPLITS", "60"))
SEED = int(os.environ.get("CRAWLSPOOL_SEED", "20261120"))
SETTINGS = {"timeouts.idle": "1h"}
GOOD = [b"1", b"null", b'{"a":[1,2.5e3]}', '"é😀"'.encode(), b' [ ] ', b'"%s"' % (b"x" * 3000)]
BAD = [b"?", b"{", b'{"a":}', b'"\xff"', b"[" * 300, b" ", b"1 2"]


class Sequence:
    """Frames from hello to bye, and what has to come of them."""

    def __init__(self):
        self.session = new_session()
        self.data = hello(session=self.session, client="splitter", stream="any/split")
        self.count = 0
        self.good = []
        self.rejected = []
        self.pongs = []

    def number(self, payload):
        self.count += 1
        if payload in BAD or not payload:
            self.rejected.append(self.count)
        else:
            self.good.append((self.count, payload))

    def add_record(self, payload):
        self.data += frame(payload)
        self.number(payload)

    def add_batch(self, kind, lines, line_break=b"\n"):
        content = line_break.join(lines)
        self.data += frame(zstd_frames.compress(content) if kind == ZSTD_BATCH else content, kind)
        for line in lines:
            if line:
                self.number(line)

    def add_ping(self, value):
        self.data += frame(json.dumps(value).encode(), PING)
        self.pongs.append(value)

    def add_bye(self):
        self.data += frame(b"", BYE)
        return self


def check_answers(sequence, messages):
    """All but acks have to be the same; of acks the last one."""
    by_key = collections.defaultdict(list)
    for message in messages:
        (key, value), = message.items()
        by_key[key].append(value)
    assert messages[0].keys() == {"welcome"} and messages[-1].keys() == {"goodbye"}, messages
    assert by_key["welcome"][0]["last_seq"] == 0 and by_key["goodbye"][0]["reason"] == "bye"
    assert [reject["seq"] for reject in by_key["reject"]] == sequence.rejected
    assert by_key["pong"] == sequence.pongs
    assert by_key["ack"][-1:] == ([sequence.count] if sequence.count else [])
    assert by_key.keys() <= {"welcome", "reject", "ack", "pong", "goodbye"}
    return [(key, by_key[key]) for key in ("reject", "pong", "goodbye")]


def send_pieces(daemon, sequence, pieces):
    """The messages that came; the server has read each piece before the next goes."""
    with daemon.connect() as client:
        for piece in pieces[:-1]:
            client.send(piece)
            client.wait_read()
        client.send(pieces[-1])
        return check_answers(sequence, client.until_end())


def check_spool(daemon, sequences):
    by_session = collections.defaultdict(list)
    for line in daemon.spool.lines(live=True):
        by_session[line.session].append(line)
    for sequence in sequences:
        lines = by_session[digits(sequence.session)]
        assert [(line.seq, line.record) for line in lines] == sequence.good
        assert {(line.client, line.stream) for line in lines} <= {("splitter", "any/split")}


def every_kind():
    sequence = Sequence()
    sequence.add_record(b"1")
    sequence.add_batch(BATCH, [b"2", b"?", b"", '"é"'.encode(), b""])
    sequence.add_ping({"t": 1})
    sequence.add_batch(ZSTD_BATCH, [b"5", b"6", b"{"])
    sequence.add_record(b"")
    sequence.add_record(b"[9]")
    return sequence.add_bye()


def random_sequence(chance):
    sequence = Sequence()
    for _ in range(chance.randrange(1, 12)):
        kind = chance.choice(["record", "batch", "zstd", "ping", "pong", "empty"])
        if kind == "record":
            sequence.add_record(chance.choice(GOOD + BAD + [b""]))
        elif kind == "ping":
            sequence.add_ping(chance.choice([None, 7, "x" * 200, [1, {"a": None}]]))
        elif kind == "pong":
            sequence.data += frame(b"x" * chance.randrange(257), PONG)
        else:
            lines = chance.choices(GOOD + BAD + [b""], k=0 if kind == "empty" else chance.randrange(1, 40))
            sequence.add_batch(chance.choice([BATCH, ZSTD_BATCH]), lines, chance.choice([b"\n", b"\r\n"]))
    return sequence.add_bye()


def random_pieces(chance, data):
    """Many small ones, a few, or one."""
    size_max = max(chance.choice([3, 50, 1000, len(data)]), len(data) // 60)
    pieces = []
    while data:
        size = chance.randint(1, size_max)
        pieces.append(data[:size])
        data = data[size:]
    return pieces


def test_a_sequence_of_every_kind_of_frame_may_be_split_at_every_byte(shared):
    whole = every_kind()
    expected = send_pieces(shared, whole, [whole.data])
    sequences = [whole]
    for split in range(1, len(whole.data)):
        sequence = every_kind()
        assert send_pieces(shared, sequence, [sequence.data[:split], sequence.data[split:]]) == expected, split
        sequences.append(sequence)
    check_spool(shared, sequences)


def test_single_bytes_make_the_same_sequence(shared):
    sequence = every_kind()
    send_pieces(shared, sequence, [bytes([byte]) for byte in sequence.data])
    check_spool(shared, [sequence])


def test_random_sequences_in_pieces_of_random_size_are_what_they_are(shared):
    print(f"seed {SEED}, {SPLITS} sequences")
    chance = random.Random(SEED)
    sequences = []
    for _ in range(SPLITS):
        sequence = random_sequence(chance)
        send_pieces(shared, sequence, random_pieces(chance, sequence.data))
        sequences.append(sequence)
    check_spool(shared, sequences)
