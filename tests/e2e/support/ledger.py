"""What one connection has sent and what it was promised. Its records are numbered from 1, name themselves, and every
byte of them follows from sender and number, so that a checker tells a lost record from a changed one. Nothing is ever
sent twice: "acked" then means "stored exactly once"."""

import dataclasses
import random
import re
import zlib

IDENTITY = re.compile(rb'\{ ?"from":"([^"]+)", *"n":(\d+),')
HEADS = (b'{"from":"%s","n":%d,', b'{ "from":"%s", "n":%d,',
         b'{"from":"%s",  "n":%d,"\xc3\xbc":"\\ud83d\\udd77\xe2\x80\xa8",')
TEXT = bytes(random.Random(20261120).choices(b"abcdefghijklmnopqrstuvwxyz0123456789 {}[]:,'", k=1 << 18))


@dataclasses.dataclass(frozen=True)
class Shape:
    """How large a sender's records are, and how many of them are no JSON and have to be rejected (0: none)."""
    pad_max: int = 200
    large_one_in: int = 50
    large_max: int = 30_000
    bad_one_in: int = 0


class Ledger:
    def __init__(self, name, *, via="stream", shape=Shape()):
        self.name = name.encode()
        self.via = via
        self.shape = shape
        self.peer = None
        self.sent = 0
        self.acked = 0

    def is_bad(self, number):
        return bool(self.shape.bad_one_in) and number % self.shape.bad_one_in == 0

    def payload(self, number):
        draw = zlib.crc32(b"%s/%d" % (self.name, number))
        head = HEADS[draw % len(HEADS)] % (self.name, number)
        if self.is_bad(number):
            return head
        large = self.shape.large_one_in and (draw >> 8) % self.shape.large_one_in == 0
        length = (draw >> 4) % (self.shape.large_max if large else self.shape.pad_max)
        start = draw % (len(TEXT) - length)
        return b'%s"pad":"%s"}' % (head, TEXT[start:start + length])

    def take(self, count):
        """The next records. They count as sent from here on: the daemon may see them before the sender is heard of
        again."""
        first = self.sent + 1
        self.sent += count
        return [self.payload(number) for number in range(first, first + count)]


def identify(record):
    """(sender, number) as the record itself says."""
    match = IDENTITY.match(record)
    if not match:
        raise AssertionError(f"a record nobody sent: {record[:120]!r}")
    return match[1], int(match[2])
