"""The wire as a client sees it: frames out, server messages in as dicts. Each message is checked on arrival against
what holds for all of them: type 0, one known key, compact, acks rising, no reject behind an ack that covers it."""

import collections
import json
import os
import select
import socket
import struct
import time

from socket_queues import unread_bytes
from waiting import seconds, wait_until

RECORD, HELLO, BATCH, ZSTD_BATCH, PING, PONG, BYE = range(7)
SERVER_KEYS = {"welcome", "ack", "reject", "ping", "pong", "slow", "resume", "goodbye", "error"}
MESSAGE_BYTES_MAX = 64 * 1024


def header(length, kind=RECORD):
    return struct.pack(">I", kind << 28 | length)


def frame(payload, kind=RECORD):
    return header(len(payload), kind) + payload


def frames(payloads):
    return b"".join(frame(payload) for payload in payloads)


def hello(**members):
    """The frame that asks for more than plain records; `from_` is written for the member `from`."""
    value = {"protocol": 1, **{name.rstrip("_"): member for name, member in members.items()}}
    return frame(json.dumps(value, separators=(",", ":")).encode(), HELLO)


def endpoint_text(address):
    """A socket's address as logs and the spool print it."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def wait_read(sock):
    """Returns once the server has taken every byte sent so far out of its socket."""
    wait_until(lambda: unread_bytes(sock) == 0, "the server reads what was sent")


class MessageReader:
    """Takes the bytes of a connection and gives whole messages."""

    def __init__(self):
        self.buffer = b""
        self.acked = 0

    def feed(self, data):
        data = self.buffer + data
        messages = []
        begin = 0
        while len(data) - begin >= 4:
            (word,) = struct.unpack_from(">I", data, begin)
            assert word >> 28 == 0, f"the server sent a frame of type {word >> 28}"
            length = word & 0x0FFFFFFF
            assert length <= MESSAGE_BYTES_MAX, f"the server sent a message of {length} bytes"
            if len(data) - begin < 4 + length:
                break
            messages.append(self.check(data[begin + 4:begin + 4 + length]))
            begin += 4 + length
        self.buffer = data[begin:]
        return messages

    def check(self, text):
        message = json.loads(text.decode("utf-8"))
        assert isinstance(message, dict) and len(message) == 1, text
        (key,) = message
        assert key in SERVER_KEYS, text
        assert b"\n" not in text and text.startswith(b'{"' + key.encode() + b'":'), f"not compact: {text!r}"
        value = message[key]
        if key == "welcome":
            self.acked = value["last_seq"]
        if key == "ack":
            assert value > self.acked, f"ack {value} after ack {self.acked}"
            self.acked = value
        if key == "reject":
            assert value["seq"] > self.acked, f"reject {value['seq']} after ack {self.acked}"
        if isinstance(value, dict) and "detail" in value:
            assert len(value["detail"].encode()) <= 512, text
        return message


class Client:
    """One connection, to a host and port or to a unix socket's path. send() reads along, so that neither side waits for the other for ever."""

    def __init__(self, address, *, source=None, receive_buffer=None, timeout=10):
        is_unix = isinstance(address, str)
        family = socket.AF_UNIX if is_unix else socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        if not is_unix:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.sock.bind((source, 0))
        self.timeout = seconds(timeout)
        self.sock.settimeout(self.timeout)
        self.sock.connect(address)
        self.address = address
        self.name = f"unix:uid={os.getuid()}" if is_unix else endpoint_text(self.sock.getsockname())
        self.reader = MessageReader()
        self.inbox = collections.deque()
        self.ended = False
        self.sent = 0
        self.rejects = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def acked(self):
        return self.reader.acked

    def close(self):
        self.sock.close()

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """Ends the connection by RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def send(self, data):
        view = memoryview(data)
        end = time.monotonic() + self.timeout
        while view:
            readers = [] if self.ended else [self.sock]
            readable, writable, _ = select.select(readers, [self.sock], [], max(0.0, end - time.monotonic()))
            assert readable or writable, f"the server has read nothing for {self.timeout:g} s"
            if readable:
                self._read_some()
            if writable:
                self.sock.setblocking(False)
                try:
                    view = view[self.sock.send(view):]
                    end = time.monotonic() + self.timeout
                except BlockingIOError:
                    pass
                finally:
                    self.sock.settimeout(self.timeout)

    def send_record(self, payload):
        return self.send_records([payload])

    def send_records(self, payloads):
        self.send(frames(payloads))
        self.sent += len(payloads)
        return self.sent

    def hello(self, **members):
        """Says hello and waits for the welcome. Records are counted from its last_seq on."""
        self.send(hello(**members))
        welcome = self.until("welcome")
        self.sent = welcome["last_seq"]
        return welcome

    def _read_some(self):
        data = self.sock.recv(1 << 16)
        if not data:
            self.ended = True
        for message in self.reader.feed(data):
            if "reject" in message:
                self.rejects[message["reject"]["seq"]] = message["reject"]
            self.inbox.append(message)

    def receive(self):
        """The next message; None once the server has closed. A reset is an OSError, and no orderly end."""
        while not self.inbox and not self.ended:
            self._read_some()
        return self.inbox.popleft() if self.inbox else None

    def until(self, key):
        """The value of the next message of this kind; acks, rejects and signs of life before it are passed over."""
        seen = []
        while (message := self.receive()) is not None:
            if key in message:
                return message[key]
            seen.append(message)
            assert not {"error", "goodbye"} & set(message), f"{message} instead of {key}"
        raise AssertionError(f"the server closed without {key}; before that: {seen[-5:]}")

    def wait_ack(self, number=None):
        number = self.sent if number is None else number
        while self.acked < number:
            self.until("ack")
        return self.acked

    def ping(self, payload=b""):
        self.send(frame(payload, PING))
        return self.until("pong")

    def until_end(self):
        """All messages up to the server's orderly close."""
        messages = []
        while (message := self.receive()) is not None:
            messages.append(message)
        return messages

    def expect_end(self):
        rest = self.until_end()
        assert not rest, f"messages behind the last word: {rest}"

    def expect_error(self, code):
        error = self.until("error")
        assert error["code"] == code, error
        assert error["detail"], error
        self.expect_end()
        return error

    def expect_goodbye(self, reason):
        goodbye = self.until("goodbye")
        assert goodbye["reason"] == reason, goodbye
        self.expect_end()
        return goodbye

    def wait_read(self):
        wait_read(self.sock)
