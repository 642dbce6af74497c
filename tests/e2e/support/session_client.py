"""A client with a session, and with it the model of a right one: each record gets its number once, is kept until it is
settled, and goes out again after every break that leaves it open. It keeps its records in memory, so its session ends
with it, unless `kept` says otherwise. One thread uses it; each call that waits takes in what the server says."""

import collections
import contextlib
import itertools
import json
import secrets

import zstd_frames
from frames import BYE, PONG, ZSTD_BATCH, Client, frame, frames, hello
from waiting import wait_until

COMES_BACK_AFTER = {"frame_timeout", "too_many_connections", "too_many_sessions", "spool_failed"}


class Superseded(Exception):
    """Another connection has taken the session over: this client does not come back with it by itself."""


class Refused(Exception):
    """The server will not have it, however often it comes."""


class SessionClient:
    WINDOW = 500  # records on their way at most
    BATCH_RECORDS_MAX = 200

    def __init__(self, address, *, name=None, stream=None, session=None, ack=None, heartbeat=None, sends=None,
                 kept=()):
        """`sends`: BATCH, ZSTD_BATCH, or None for a frame a record. `kept`: the session's records from number 1 on, which
        a process before this one had on its disk before it sent them."""
        self.address = address
        self.session = session or secrets.token_hex(16)  # from the system's random source, one for each process
        members = {"client": name, "stream": stream, "ack": ack, "heartbeat": heartbeat}
        self.members = {key: value for key, value in members.items() if value is not None}
        self.sends = sends
        self.connection = None
        self.welcome = None
        self.unacked = collections.deque(enumerate(kept, 1))  # (number, payload), without a gap
        self.numbered = len(self.unacked)  # the highest number that a record has
        self.sent = len(self.unacked)  # the highest that ever went out; of kept ones nobody knows
        self.going = 0  # the highest that went out on this connection
        self.acked = 0
        self.verdicts = {}  # number: the server's reject
        self.verdicts_missed = 0  # rejects that never came; rejected/ has them
        self.too_large = {}  # number: the error that it brought; the server has not counted it
        self.plain_until = 0  # up to here nothing goes in batches: one was refused
        self.maybe_twice = 0  # records that the server may have had before it forgot the session
        self.welcomes = 0
        self.refused = 0  # connects
        self.slow = False

    # Records

    def put(self, *payloads):
        """Numbers the records and sends what the window lets out."""
        for payload in payloads:
            self.numbered += 1
            self.unacked.append((self.numbered, payload))
        self.send_more()

    def send_more(self):
        with contextlib.suppress(OSError):  # a broken connection is found by receive(), behind its last messages
            while self.connection and (records := self.next_records()):
                self.going = records[-1][0]
                self.sent = max(self.sent, self.going)
                self.connection.send(self.encode(records))

    @property
    def lowest(self):
        """The lowest number that may still go out: all below it is settled, or given up."""
        return self.unacked[0][0] if self.unacked else self.numbered + 1

    def next_records(self):
        on_their_way = self.going + 1 - self.lowest
        count = min(self.WINDOW - on_their_way, self.BATCH_RECORDS_MAX)
        return list(itertools.islice(self.unacked, on_their_way, on_their_way + max(0, count)))

    def encode(self, records):
        payloads = [payload for _, payload in records]
        if self.sends is None or records[0][0] <= self.plain_until or not all(map(fits_in_batch, payloads)):
            return frames(payloads)
        batch = b"\n".join(payloads) + b"\n"
        return frame(zstd_frames.compress(batch) if self.sends == ZSTD_BATCH else batch, self.sends)

    # Connections

    def connect(self, timeout=30):
        """Until a welcome comes. A client in the field waits longer after each failure, by a factor and a random part,
        and at least what the server has asked for; a test comes back at once."""
        wait_until(self.try_to_connect, "the server welcomes the session", timeout)

    def try_to_connect(self):
        self.disconnect()
        self.welcome = None
        try:
            self.connection = Client(self.address)
            self.connection.send(hello(session=self.session, from_=self.lowest, **self.members))
        except OSError as error:
            self.refused += isinstance(error, ConnectionRefusedError)
            self.disconnect()
            return False
        while self.welcome is None and self.receive():
            pass
        self.send_more()
        return self.connection is not None

    def on_welcome(self, welcome):
        last_seq = welcome["last_seq"]
        if last_seq > self.sent:
            self.leave_session()
            return
        self.welcome = welcome
        self.welcomes += 1
        if not welcome["known"] and self.lowest > 1:
            self.maybe_twice += self.sent - self.lowest + 1
        self.settle(last_seq)
        self.going = last_seq
        # Verdicts above last_seq do not count: they came before a crash, and will come again.
        self.verdicts_missed = max(0, welcome["rejected"] - sum(number <= last_seq for number in self.verdicts))

    def leave_session(self):
        """Somebody else has sent under it. What is held goes under another, numbered anew."""
        held = [payload for _, payload in self.unacked]
        self.session = secrets.token_hex(16)
        self.unacked = collections.deque(enumerate(held, 1))
        self.numbered, self.sent, self.acked, self.plain_until = len(held), 0, 0, 0
        self.verdicts, self.verdicts_missed, self.too_large = {}, 0, {}
        self.disconnect()

    def disconnect(self):
        if self.connection:
            self.connection.close()
            self.connection = None
        self.going = 0
        self.slow = False

    def lose_connection(self):
        """As a network does: without a word, and with whatever lay unread."""
        self.connection.reset()
        self.disconnect()

    def wait_settled(self, timeout=30):
        """Until every record is settled, over as many connections as that takes."""
        while self.unacked:
            if self.connection is None:
                self.connect(timeout)
            self.send_more()
            if self.unacked:
                self.receive()

    def close(self):
        """The goodbye to a bye says that nothing was left behind."""
        if self.connection:
            with contextlib.suppress(OSError):
                self.connection.send(frame(b"", BYE))
            while self.receive():
                pass

    # Messages

    def receive(self):
        """Takes in one message; False once the connection has ended, in whatever way."""
        if self.connection is None:
            return False
        try:
            message = self.connection.receive()
        except OSError:
            message = None
        if message is None:
            self.disconnect()
            return False
        (key, value), = message.items()
        getattr(self, f"on_{key}")(value)
        return self.connection is not None

    def on_ack(self, number):
        self.settle(number)

    def settle(self, number):
        self.acked = max(self.acked, number)
        while self.unacked and self.unacked[0][0] <= number:
            self.unacked.popleft()

    def on_reject(self, reject):
        self.verdicts[reject["seq"]] = reject

    def on_ping(self, value):
        with contextlib.suppress(OSError):
            self.connection.send(frame(json.dumps(value).encode(), PONG))

    def on_pong(self, _):
        pass

    def on_slow(self, _):
        """No reason to leave: as long as it is said again and again the server is there, only not reading."""
        self.slow = True

    def on_resume(self, _):
        self.slow = False

    def on_goodbye(self, goodbye):
        self.disconnect()
        if goodbye["reason"] == "superseded":
            raise Superseded(goodbye)

    def on_error(self, error):
        """The last ack came before it, so the lowest open record is the one that error.seq speaks of."""
        going = self.going
        self.disconnect()
        if error["code"] == "frame_too_large" and error.get("seq") == self.lowest <= self.numbered:
            self.unacked.popleft()
            self.too_large[error["seq"]] = error
        elif error["code"] == "bad_batch":
            self.plain_until = going
        elif error["code"] not in COMES_BACK_AFTER:
            raise Refused(error)


def fits_in_batch(payload):
    """A batch is split at each 0A and passes over blank lines: some records need a frame of their own."""
    return b"\n" not in payload and payload not in (b"", b"\r")
