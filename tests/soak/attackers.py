"""Hostile peers, each an endless load of its own kind: `attackers.py NAME HOST:STREAM HOST:HTTP HOST:ADMIN SECONDS` runs
one from 127.0.0.2 for so long and prints what it has sent. None waits for an answer, so that the same load can be sent
to a sink. Whoever is cut off connects again."""

import dataclasses
import gzip
import json
import selectors
import socket
import sys
import time

import zstandard

MIB = 1 << 20
SOURCE = "127.0.0.2"
RECORD, BATCH, ZSTD_BATCH = 0, 2, 3
PIECE_BYTES = 256 * 1024
RECONNECT_S = 0.05
TICK_S = 0.02


def frame(kind, payload):
    return (kind << 28 | len(payload)).to_bytes(4, "big") + payload


def packed(content):
    return zstandard.ZstdCompressor(write_content_size=True).compress(content)


def post(body, *fields):
    head = ["POST /v1/records HTTP/1.1", "Host: a", "Content-Type: application/x-ndjson", *fields,
            f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def repeated(part, bytes_max):
    return part * (bytes_max // len(part))


@dataclasses.dataclass
class Attack:
    port: str
    connections: int
    payload: bytes  # sent over and over
    reads: bool = True
    bytes_per_s: float = float("inf")  # of all connections together
    idles: bool = False  # sends its payload once, then holds the connection
    ends: bool = False  # closes after each payload


def attack(name):
    """Made one at a time: some payloads are large."""
    return {
        "blank_zstd_batches": lambda: Attack("stream", 4, frame(ZSTD_BATCH, packed(b"\n" * 1_040_000)) * 430),
        "blank_batches": lambda: Attack("stream", 4, frame(BATCH, b"\n" * (32 * MIB - 1))),
        "empty_zstd_frames": lambda: Attack("http", 4, post(repeated(packed(b""), 32 * MIB - 16), "Content-Encoding: zstd")),
        "empty_gzip_members": lambda: Attack("http", 4,
                                             post(repeated(gzip.compress(b""), 32 * MIB - 32), "Content-Encoding: gzip")),
        "amplification": lambda: Attack("stream", 4, frame(ZSTD_BATCH, packed(b"1\n" * 65536)) * 100),
        "rejects": lambda: Attack("stream", 700, frame(RECORD, b"{bad") * 100, bytes_per_s=5e6),
        "unread_bad_bodies": lambda: Attack("http", 200, post(b"x\n" * 65536), reads=False),
        "large_records": lambda: Attack("stream", 20, frame(RECORD, b'"' + b"x" * (16 * MIB - 2) + b'"')),
        "admin_pipeline": lambda: Attack("admin", 8, repeated(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 65536),
                                         reads=False),
        "admin_idle": lambda: Attack("admin", 64, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", idles=True),
        "connects": lambda: Attack("stream", 50, frame(RECORD, b"1"), ends=True),
        "foreign_pages": lambda: Attack("http", 20, post(b"1\n", "Origin: http://evil.example"), ends=True),
    }[name]()


NAMES = ("blank_zstd_batches", "blank_batches", "empty_zstd_frames", "empty_gzip_members", "amplification", "rejects",
         "unread_bad_bodies", "large_records", "admin_pipeline", "admin_idle", "connects", "foreign_pages")


class Peer:
    """One connection of an attack, made again whenever it ends."""

    def __init__(self, load, address):
        self.load = load
        self.address = address
        self.socket = None
        self.sent = 0
        self.due = 0.0

    def connect(self, selector):
        self.socket = socket.socket()
        self.socket.bind((SOURCE, 0))
        self.socket.setblocking(False)
        self.socket.connect_ex(self.address)
        self.sent = 0
        selector.register(self.socket, selectors.EVENT_WRITE | (selectors.EVENT_READ if self.load.reads else 0), self)

    def end(self, selector, pause=RECONNECT_S):
        selector.unregister(self.socket)
        self.socket.close()
        self.socket = None
        self.due = time.monotonic() + pause

    def take(self, selector):
        try:
            if not self.socket.recv(MIB):
                self.end(selector)
        except BlockingIOError:
            pass
        except OSError:
            self.end(selector)

    def send(self, selector, bytes_max):
        """How many bytes went out."""
        piece = memoryview(self.load.payload)[self.sent:self.sent + min(bytes_max, PIECE_BYTES)]
        try:
            count = self.socket.send(piece)
        except BlockingIOError:
            return 0
        except OSError:
            self.end(selector)
            return 0
        self.sent += count
        if self.sent == len(self.load.payload):
            self.sent = 0
            if self.load.ends:
                self.end(selector, 0)
            elif self.load.idles:
                selector.modify(self.socket, selectors.EVENT_READ, self)
        return count


def run(load, address, duration_s):
    """The bytes sent, and how often a connection was made."""
    selector = selectors.DefaultSelector()
    peers = [Peer(load, address) for _ in range(load.connections)]
    began = time.monotonic()
    sent = connects = 0
    while (now := time.monotonic()) < began + duration_s:
        for peer in peers:
            if peer.socket is None and peer.due <= now:
                peer.connect(selector)
                connects += 1
        allowed = load.bytes_per_s * (now - began) - sent
        if allowed <= 0:
            time.sleep(TICK_S)
            continue
        for key, events in selector.select(TICK_S):
            if events & selectors.EVENT_READ:
                key.data.take(selector)
            if events & selectors.EVENT_WRITE and key.data.socket is not None:
                sent += key.data.send(selector, max(1, int(min(allowed, PIECE_BYTES))))
    return sent, connects


def main():
    name, duration_s = sys.argv[1], float(sys.argv[5])
    addresses = dict(zip(("stream", "http", "admin"), sys.argv[2:5]))
    load = attack(name)
    host, port = addresses[load.port].rsplit(":", 1)
    sent, connects = run(load, (host, int(port)), duration_s)
    print(json.dumps({"attack": name, "sent": sent, "connects": connects}))


if __name__ == "__main__":
    main()
