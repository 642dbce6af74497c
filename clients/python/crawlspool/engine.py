"""The client's side of the protocol without I/O: one session over as many connections as it takes. A driver (client.py,
aio.py) opens connections, moves bytes, and asks what is due:

    begin(server, now) -> hello                   a connection is open
    receive(data, now); is_over                   what came; the driver closes once `over` is set
    take(now) -> Piece, encode(piece) -> bytes    what goes out next, while the driver has room for it
    control() -> bytes                            pongs, pings and the like, before anything else
    due(now, can_send) -> seconds                 when to ask again, if nothing happens before
    end(now) -> Ended                             the connection is gone, in whatever way, or did not come about

Everything but encode() is called under the driver's lock, which put() takes too. Time is a float of seconds that only
goes on."""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Deque, Dict, NamedTuple, Optional

from . import frames
from .batching import Batcher, Limits, Piece
from .errors import Refused
from .journal import AT_ONCE, Journal
from .options import Options
from .outbox import Outbox
from .session import Session, Verdict
from .silence import Next, Silence, silence_limit

# A connection that ended with one of these would end with it again: somebody has to fix something.
FATAL_CODES = {"wrong_protocol", "unknown_frame_type", "bad_frame", "bad_hello", "unauthorized", "forbidden"}
PONG_BYTES_MAX = 256  # PROTOCOL.md, Frame
TEXT_MAX = 512  # of a code or a detail
RETRY_SECONDS_MAX = 300.0  # of what a server asks for


class Over(NamedTuple):
    """Why the connection ends, and when the server wants to see the client again (0: as the driver likes)."""

    reason: str
    retry_seconds: float


class Ended(NamedTuple):
    """A connection that is gone, or did not come about."""

    reason: str  # empty where neither side gave one
    retry_seconds: float
    welcomed: bool  # whether a crawlspool server was there
    progress: bool  # whether anything was settled on it
    refusal: Optional[Refused]  # what this server would say again


class _Sent(NamedTuple):
    last: int
    batch: bool
    size: int  # of the records


class Engine:
    def __init__(self, options: Options, outbox: Outbox, journal: Journal = AT_ONCE) -> None:
        self.options = options
        self.outbox = outbox
        self.session = Session(outbox, journal)
        self._journal = journal
        self.identity = outbox.buffer.identity if outbox.buffer else options.identity
        self.over: Optional[Over] = None
        self.welcomed = False
        self.slow = ""  # why the server does not read, while it does not
        self.hurried = 0  # callers that wait for everything to be settled: nothing is held back for a fuller batch
        self.finishing = False  # say bye once everything is settled
        self._batcher = Batcher(options.compress)
        self._silence = Silence()
        self._progress = False
        self._refusal: Optional[Refused] = None
        self._server = ""
        self._reader = frames.MessageReader()
        self._control = b""
        self._pong: Optional[bytes] = None
        self._going = 0  # the highest number that went out on this connection, or was settled before it
        self._frames: Deque[_Sent] = deque()  # those with records, until they are settled
        self._waiting_since = 0.0
        self._bye = False

    # Records

    def put(self, payload: bytes, now: float) -> bool:
        """Whether the driver, if it sleeps, has something new to do. Full or OSError: the record was not taken."""
        outbox = self.outbox
        idle = not outbox.waiting
        outbox.put(payload)
        if idle:
            self._waiting_since = now
            return True
        return outbox.has_full_chunk()

    # Connections

    def begin(self, server: str, now: float) -> bytes:
        """OSError: the session cannot be written down, and so not be spoken."""
        session = self.session
        if self.outbox.buffer:
            self.outbox.buffer.save_session()
        self._server, self._reader, self._control, self._pong = server, frames.MessageReader(), b"", None
        self._bye = False
        self._silence.begin(now)
        session.sent = max(session.sent, session.lowest - 1)
        hello: Dict[str, Any] = {"protocol": 1, "client": self.identity.client, "session": session.digits,
                                 "from": session.lowest, "stream": self.identity.stream, "ack": self.options.ack,
                                 "heartbeat": True, "token": self.options.token}
        known = {key: value for key, value in hello.items() if value is not None}
        return frames.frame(json.dumps(known, separators=(",", ":")).encode(), frames.HELLO)

    def end(self, now: float) -> Ended:
        """All that is held goes out again on the next connection."""
        over = self.over or Over("", 0)
        ended = Ended(over.reason, over.retry_seconds, self.welcomed, self._progress, self._refusal)
        self.over, self.welcomed, self.slow, self._progress, self._refusal = None, False, "", False, None
        self.outbox.rewind()
        self._frames.clear()
        self._waiting_since = now
        return ended

    def is_done(self) -> bool:
        return self.finishing and not self.outbox.held

    # What goes out

    def control(self) -> bytes:
        control, self._control = self._control, b""
        if self._pong is not None:
            control += frames.frame(self._pong, frames.PONG)
            self._pong = None
        if self.is_done() and self.welcomed and not self._bye:
            self._bye = True
            control += frames.frame(b"", frames.BYE)
        return control

    def has_control(self) -> bool:
        return bool(self._control) or self._pong is not None

    def take(self, now: float) -> Optional[Piece]:
        """The next records to send; None if nothing is due."""
        outbox = self.outbox
        if not self.welcomed or self.over:
            return None
        outbox.fetch()
        if not outbox.waiting or self._holds_back(now) > 0:
            return None
        chunk = outbox.waiting[0]
        number = chunk.first - self.session.offset
        if number != self._going + 1:
            self._skip_gap()
            return None
        count, plain = self._batcher.measure(number, chunk.payloads, chunk.size)
        if count == 0:
            self._refuse_large(number, len(chunk.payloads[0]))
            return None
        if outbox.buffer:
            outbox.buffer.records.sync()
        chunk = outbox.take(count)
        last = number + len(chunk.payloads) - 1
        self._note_sent(number, last)
        self._frames.append(_Sent(last, not plain, chunk.size))
        if count >= self.options.batch_records:
            self._waiting_since = now  # what waits now was put later
        if len(self._frames) == 1:
            self._silence.begin(now)
        return Piece(number, chunk.payloads, plain)

    def encode(self, piece: Piece) -> bytes:
        """Needs no lock: the costly part."""
        return self._batcher.encode(piece)

    def _note_sent(self, first: int, last: int) -> None:
        session = self.session
        counters = session.counters
        counters.batches += 1
        counters.resent += max(0, min(last, session.sent) - first + 1)
        self._going = last
        session.sent = max(session.sent, last)

    def _skip_gap(self) -> None:
        """Numbers that nothing will have can only be skipped by the next hello's `from`."""
        if not self.outbox.sent:
            self._finish("a new hello brings the next number", 0)

    def _refuse_large(self, number: int, size: int) -> None:
        if not self.outbox.sent:
            self.session.reject_lowest("record_too_large", f"a record of {size} bytes; {self._server} takes at most "
                                                           f"{self._batcher.limits.record_bytes_max}", by_server=False)
            self._finish(f"record {number} is skipped by a new hello", 0)

    def _finish(self, reason: str, retry_seconds: float) -> None:
        self.over = Over(reason, retry_seconds)

    def _holds_back(self, now: float) -> float:
        """How long the waiting records wait for company. Only while others are on their way: a record that comes alone
        goes at once."""
        if not self.outbox.sent or self.hurried or self.finishing or self.outbox.has_full_chunk():
            return 0.0
        return self._waiting_since + self.options.batch_seconds - now

    # Time

    def due(self, now: float, can_send: bool) -> Optional[float]:
        """Seconds until something is due by itself; None: never."""
        times = []
        if can_send and self.welcomed and self.outbox.waiting and not self.over:
            times.append(self._holds_back(now))
        if self._awaits_answer():
            times.append(self._silence.due(now, self._silence_limit()))
        return max(0.0, min(times)) if times else None

    def tick(self, now: float) -> None:
        """Asks a silent server for a sign of life, and gives up on one that gives none."""
        if not self._awaits_answer() or self.over:
            return
        limit = self._silence_limit()
        step = self._silence.look(now, limit)
        if step is Next.GIVE_UP:
            self._finish(f"{self._server} has said nothing for {limit:g} s", 0)
        elif step is Next.ASK and self.welcomed:
            self._control += frames.frame(b"", frames.PING)

    def _silence_limit(self) -> float:
        return silence_limit(self.options.answer_timeout, self._frames[0].size if self._frames else 0, bool(self.slow))

    def _awaits_answer(self) -> bool:
        return not self.welcomed or bool(self.outbox.sent) or self._bye

    # What comes in

    def receive(self, data: bytes, now: float) -> None:
        self._silence.begin(now)
        try:
            for key, value in self._reader.feed(data):
                handler = getattr(self, f"_on_{key}", None)
                if handler and not self.over:
                    handler(value)
        except (frames.ProtocolError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            self._refusal = Refused(self._server, "no_crawlspool_server", str(error) or repr(error))
            self._finish(str(self._refusal), 0)

    def _on_welcome(self, value: Dict[str, Any]) -> None:
        session = self.session
        last_seq, rejected = _integer(value, "last_seq", 0), _integer(value, "rejected", 0)
        limits = Limits(*(min(_integer(value, name, 1), frames.LENGTH_MAX) for name in Limits._fields))
        if self.welcomed:
            raise frames.ProtocolError("a second welcome")
        self._progress = last_seq >= session.lowest
        if not session.welcome(self._server, last_seq, bool(value["known"]), rejected):
            self._batcher.plain_until = 0
            self._finish("the session is somebody else's", 0)
            return
        if value["ack"] != self.options.ack and self.options.ack == "synced":
            self._journal.warning("%s acks what is written, not what is synced: its spool.sync is weaker", self._server)
        self._batcher.limits = limits
        self._going = last_seq
        self.welcomed = True
        self.slow = ""
        session.counters.connections += 1

    def _check_sent(self, number: Any, what: str) -> int:
        """Only what went out can be spoken of: an ack beyond it would cost records that were never sent."""
        if type(number) is not int or number > (self._going if self.welcomed else 0):
            raise frames.ProtocolError(f"{what} of record {number!r:.40}, and {self._going} were sent")
        return number

    def _on_ack(self, value: Any) -> None:
        number = self._check_sent(value, "an ack")
        self._progress = True
        while self._frames and self._frames[0].last <= number:
            self._frames.popleft()
        self.session.settle(number)

    def _on_reject(self, value: Dict[str, Any]) -> None:
        number = self._check_sent(value["seq"], "a reject")
        if number >= self.session.lowest:
            code, detail = str(value["code"])[:TEXT_MAX], str(value.get("detail", ""))[:TEXT_MAX]
            self.session.verdicts[number] = Verdict(code, detail, value.get("offset"))

    def _on_ping(self, value: Any) -> None:
        answer = json.dumps(value, separators=(",", ":")).encode()
        self._pong = answer if len(answer) <= PONG_BYTES_MAX else b""  # one is enough, however many ask

    def _on_slow(self, value: Dict[str, Any]) -> None:
        if not self.slow:
            self._journal.info("%s does not read for now: %s", self._server, value["reason"])
        self.slow = str(value["reason"])

    def _on_resume(self, _: Any) -> None:
        self.slow = ""

    def _on_goodbye(self, value: Dict[str, Any]) -> None:
        if value["reason"] == "superseded":
            self._new_session("another process goes on with the old one")
        self._finish(f"{self._server}: {value['reason']}: {value['detail']}", _retry_seconds(value))

    def _on_error(self, value: Dict[str, Any]) -> None:
        code = str(value["code"])
        self._finish(f"{self._server}: {code}: {value['detail']}", _retry_seconds(value))
        if code in FATAL_CODES:
            self._refusal = Refused(self._server, code, str(value["detail"]))
        elif code == "session_mismatch":
            self._new_session("the server knows the old one under another client's, or another token's, name")
        elif "seq" in value and code != "frame_timeout":
            self._poisoned(int(value["seq"]), code, str(value["detail"]))

    def _poisoned(self, number: int, code: str, detail: str) -> None:
        """That frame must not go again. Everything before it is settled, so it is the first on its way."""
        if not self._frames or number != self.session.lowest:
            return
        if self._frames[0].batch:
            self._batcher.plain_until = self._frames[0].last
        else:
            self.session.reject_lowest("record_too_large" if code == "frame_too_large" else code, detail,
                                       by_server=True)

    def _new_session(self, why: str) -> None:
        self.session.leave(why)
        self._batcher.plain_until = 0


def _integer(members: Dict[str, Any], name: str, least: int) -> int:
    value = members[name]
    if type(value) is not int or value < least:
        raise frames.ProtocolError(f"a welcome with {name} {value!r:.40}")
    return value


def _retry_seconds(value: Dict[str, Any]) -> float:
    seconds = float(value.get("reconnect_after_ms", 0)) / 1000
    return min(seconds, RETRY_SECONDS_MAX) if seconds > 0 else 0.0
