"""A session as PROTOCOL.md's "What a client must do" has it: its digits, which number each record has, how far it went
out and is settled, and which verdicts came. No I/O but the outbox's buffer, no clock, no lock: its owner has one.

A record's number is its index in the outbox less the offset, so that a new session renumbers everything that is held by
a new offset."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Dict, List, NamedTuple, Optional

from .journal import AT_ONCE, Journal
from .options import Reject
from .outbox import Outbox


@dataclasses.dataclass
class Counters:
    """Since the client was made, but for `unsettled`, `buffered` and `buffer_bytes`, which are of now."""

    records: int = 0  # taken by send()
    acked: int = 0  # settled and not rejected: stored
    rejected: int = 0  # refused for good; their verdicts went to on_reject
    verdicts_missed: int = 0  # rejected, but the verdict got lost with a connection; it is in the server's rejected/
    resent: int = 0  # sent once more on a later connection
    maybe_twice: int = 0  # sent again where the server before may have stored them too
    lost: int = 0  # unreadable in a damaged buffer
    unsettled: int = 0  # held, in memory or in the buffer
    buffered: int = 0  # of those, in the buffer only
    buffer_bytes: int = 0
    batches: int = 0
    bytes_sent: int = 0
    connections: int = 0  # that a server has welcomed
    sessions: int = 0  # that were given up for a new one

    def add(self, other: Counters) -> None:
        for field in dataclasses.fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


class Verdict(NamedTuple):
    """Why the server does not store a record."""

    code: str
    detail: str
    offset: Optional[int]


class Session:
    def __init__(self, outbox: Outbox, journal: Journal = AT_ONCE) -> None:
        buffer = outbox.buffer
        self.outbox = outbox
        self._journal = journal
        self.counters = Counters()
        self._first = outbox.next  # the index of the first record that this process takes
        self.digits = buffer.session if buffer else secrets.token_hex(16)  # from the system's random source
        self.offset = buffer.offset if buffer else 0
        self.home = buffer.home if buffer else ""  # the server that has what was sent and is not settled
        self.rejected = buffer.rejected if buffer else 0  # the server's verdicts of this session, as far as known
        self.sent = buffer.recovered - self.offset if buffer else 0  # the highest number that ever went out
        self.verdicts: Dict[int, Verdict] = {}  # by number: reported once their record is settled
        self.unreported: List[Reject] = []  # for on_reject
        self.acked = 0  # for on_ack

    @property
    def lowest(self) -> int:
        """`from`: the lowest number that may still be sent."""
        return self.outbox.lowest - self.offset

    @property
    def unsettled_sent(self) -> int:
        """Records that went out and whose fate is open."""
        return max(0, self.sent - self.lowest + 1)

    def settle(self, number: int) -> None:
        """Everything up to this number is settled. Verdicts that it covers are final now."""
        covered = sorted(seq for seq in self.verdicts if seq <= number) if self.verdicts else []
        self.rejected += len(covered)
        for seq in covered:
            self._reject(seq, self.verdicts.pop(seq))
        count = self.outbox.settle(number + self.offset, self.rejected)
        self.counters.acked += count - len(covered)
        self.acked += count

    def _reject(self, number: int, verdict: Verdict) -> None:
        self.counters.rejected += 1
        self.unreported.append(Reject(number, *verdict, self.outbox.find(number + self.offset)))

    def reject_lowest(self, code: str, detail: str, *, by_server: bool) -> None:
        """The record at the lowest number is too large for a frame: it counts as rejected, and `from` skips it. The
        server's count of rejected records cannot hold what was never sent."""
        number = self.lowest
        self.verdicts[number] = Verdict(code, detail, None)
        self.sent = max(self.sent, number)
        if not by_server:
            self.rejected -= 1  # settle() counts it
        self.settle(number)

    def welcome(self, server: str, last_seq: int, known: bool, rejected: int) -> bool:
        """Takes in where the server stands; False if the session is somebody else's, and another one was taken."""
        if last_seq > self.sent:
            self.leave(f"under the old one {server} has records up to {last_seq}, and this client sent {self.sent}")
            return False
        lowest = self.lowest
        self.settle(last_seq)
        if self.home and self.home != server:
            self._report_doubles(f"they may be on {self.home} and go to {server} now")
        elif not known and lowest > 1:
            self._report_doubles(f"{server} does not remember the session")
        self.verdicts.clear()  # those above last_seq came before a crash, and will come again
        if rejected > self.rejected:
            missed = rejected - self.rejected
            self.counters.verdicts_missed += missed
            self.rejected = rejected
            self._journal.warning("%s has rejected %d records whose verdicts got lost; they are in its rejected/",
                                  server, missed)
        self.set_home(server)
        return True

    def _report_doubles(self, why: str) -> None:
        count = self.unsettled_sent
        if count:
            self.counters.maybe_twice += count
            self._journal.warning("%d records that were sent and not acked may be stored twice: %s", count, why)

    def set_home(self, server: str) -> None:
        if self.home != server:
            self.home = server
            if self.outbox.buffer:
                self.outbox.buffer.change_home(server)

    def leave(self, why: str) -> None:
        """Takes a new session; all that is held goes under new numbers."""
        self._journal.warning("a new session is begun for %d records: %s", self.outbox.held, why)
        self.counters.sessions += 1
        self.digits = secrets.token_hex(16)
        self.offset = self.outbox.lowest - 1
        self.sent = 0
        self.rejected = 0
        self.home = ""
        self.verdicts.clear()
        if self.outbox.buffer:
            self.outbox.buffer.home = ""
            self.outbox.buffer.change_session(self.digits, self.offset)

    def snapshot(self) -> Counters:
        counters = dataclasses.replace(self.counters)
        outbox = self.outbox
        counters.unsettled = outbox.held
        counters.records = outbox.next - self._first
        counters.buffered = outbox.spilled
        if outbox.buffer:
            counters.buffer_bytes = outbox.buffer.records.bytes
            counters.lost = outbox.buffer.records.lost
        return counters

    def take_unreported(self) -> List[Reject]:
        unreported, self.unreported = self.unreported, []
        return unreported

    def take_acked(self) -> int:
        acked, self.acked = self.acked, 0
        return acked
