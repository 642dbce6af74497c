"""Hostile and broken clients, all at once: memory stays bounded, each gets its answer or its end, and a polite client
beside them gets all its acks. CRAWLSPOOL_ABUSE_FRAMES sets how many empty frames one of them sends."""

import contextlib
import os
import re
import threading

import pytest

import zstd_frames
from daemon import is_sanitized
from frames import BATCH, HELLO, PING, RECORD, ZSTD_BATCH, Client, frame, header
from waiting import seconds

FRAMES = int(os.environ.get("CRAWLSPOOL_ABUSE_FRAMES", "1000000"))
MIB = 1 << 20
GIB = 1 << 30
MEMORY_MAX = 64 * MIB
SETTINGS = {"limits.memory_bytes_max": f"{MEMORY_MAX // MIB}MiB", "limits.batch_bytes_max": "32MiB"}
REJECT = re.compile(rb'\{"reject":\{"seq":(\d+),"code":"(\w+)"')
ACK = re.compile(rb'\{"ack":(\d+)\}')
KEPT = 4096  # bytes of the answers' tail, enough for a match to be whole


class CountingReader(threading.Thread):
    """Reads a connection's answers to its end; too many for a parser of each."""

    def __init__(self, sock):
        super().__init__(daemon=True)
        self.sock = sock
        self.rejects = 0
        self.last_reject = self.last_ack = 0
        self.pongs = 0
        self.tail = b""
        self.in_order = True

    def run(self):
        rest = b""
        with contextlib.suppress(OSError):
            while data := self.sock.recv(1 << 18):
                rest = self.take(rest + data)
                self.tail = (self.tail + data)[-KEPT:]

    def take(self, data):
        end = data.rfind(b"}\x00") + 1 or (len(data) if data.endswith(b"}") else 0)
        whole, rest = data[:end], data[end:]
        for match in REJECT.finditer(whole):
            self.rejects += 1
            self.in_order &= int(match[1]) == self.last_reject + 1
            self.last_reject = int(match[1])
        acks = ACK.findall(whole)
        self.last_ack = int(acks[-1]) if acks else self.last_ack
        self.pongs += whole.count(b'{"pong":')
        return rest


class Polite(threading.Thread):
    """One record at a time, until told to stop."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.client = Client(address, timeout=60)
        self.stop = threading.Event()
        self.error = None

    def run(self):
        try:
            while not self.stop.is_set():
                self.client.send_record(b'{"url":"https://example.org/"}')
                self.client.wait_ack()
        except Exception as error:  # handed to the test
            self.error = error


@pytest.fixture
def daemon(start):
    """With a polite client beside whatever the test does, and an eye on memory."""
    one = start(SETTINGS)
    polite = Polite(one.address())
    polite.start()
    yield one
    polite.stop.set()
    polite.join()
    assert polite.error is None, repr(polite.error)
    assert polite.client.acked == polite.client.sent > 0
    peak = one.memory_peak_bytes()
    print(f"peak {peak / MIB:.0f} MiB, {polite.client.acked} polite acks")
    if not is_sanitized():
        assert peak < MEMORY_MAX + 64 * MIB


def bombs():
    yield zstd_frames.bomb(b"\n", GIB)
    yield zstd_frames.bomb(b"1", GIB, content_size=GIB)
    yield zstd_frames.bomb(b" ", GIB, content_size=1000)
    yield zstd_frames.bomb(b"\x00", GIB, window_log=30)


def test_a_bomb_of_a_gigabyte_ends_its_connection_only(daemon):
    for bomb in bombs():
        assert len(bomb) <= MIB
        client = daemon.connect(timeout=30)
        client.send(frame(bomb, ZSTD_BATCH))
        assert client.expect_error("bad_batch")["seq"] == 1


def test_many_bombs_at_once_end_too(daemon):
    clients = [daemon.connect(timeout=60) for _ in range(30)]
    for client, bomb in zip(clients, list(bombs()) * 8):
        client.send(frame(bomb, ZSTD_BATCH))
    for client in clients:
        client.expect_error("bad_batch")


def test_batches_that_unpack_to_their_limit_are_served_one_after_the_other(daemon):
    """Each is 32 MiB unpacked and has 65,536 records, whose lines are larger than they."""
    content = b"".join(b"%0510d\n" % (10**509 + n * n) for n in range(65536))
    clients = [daemon.connect(timeout=120) for _ in range(6)]
    packed = frame(zstd_frames.compress(content), ZSTD_BATCH)
    for client in clients:
        client.send(packed)
    for client in clients:
        client.wait_ack(65536)


@pytest.mark.parametrize("kind, claimed", [(RECORD, 256 * MIB - 1), (BATCH, 256 * MIB - 1), (ZSTD_BATCH, 256 * MIB - 1),
                                           (HELLO, 256 * MIB - 1)])
def test_a_header_that_claims_256_mb_is_refused_before_a_byte_of_it(daemon, kind, claimed):
    for _ in range(50):
        client = daemon.connect()
        client.send(header(claimed, kind))
        client.expect_error("frame_too_large")


def test_headers_that_claim_what_is_allowed_and_bring_nothing_take_no_memory(daemon):
    clients = [daemon.connect() for _ in range(200)]
    for client, kind in zip(clients, [BATCH, ZSTD_BATCH] * 100):
        client.send(header(32 * MIB, kind) + b"\x28\xb5\x2f\xfd")
        client.wait_read()


def test_a_flood_of_empty_frames_is_answered_one_by_one_to_a_client_that_reads(daemon):
    with daemon.connect(timeout=60) as client:
        reader = CountingReader(client.sock)
        reader.start()
        chunk = (frame(b"") * 3 + frame(b"", BATCH) + frame(b"", RECORD)) * 2000
        for _ in range(FRAMES // 10_000):
            client.sock.sendall(chunk)
        client.half_close()
        reader.join(seconds(120))
        count = FRAMES // 10_000 * 8000
        assert (reader.rejects, reader.last_reject, reader.last_ack) == (count, count, count), reader.tail[-300:]
        assert reader.in_order and b'{"goodbye":{"reason":"bye"' in reader.tail


def test_a_flood_of_pings_is_answered_one_by_one(daemon):
    with daemon.connect(timeout=60) as client:
        reader = CountingReader(client.sock)
        reader.start()
        for _ in range(20):
            client.sock.sendall(frame(b"", PING) * 10_000)
        client.half_close()
        reader.join(seconds(60))
        assert reader.pongs == 200_000


def test_a_hello_of_nothing_but_nesting_is_answered(daemon):
    for body in (b"[" * 65536, b'{"protocol":1,"x":' + b"[" * 32000 + b"]" * 32000 + b"}", b'{"a":' * 13000):
        client = daemon.connect()
        client.send(frame(body, HELLO))
        (message,) = client.receive().items()
        assert message[0] == "welcome" or message[1]["code"] == "bad_hello"


@pytest.mark.parametrize("kind", [BATCH, ZSTD_BATCH], ids=["plain", "zstd"])
def test_ten_thousand_rejects_of_one_batch_are_all_told(daemon, kind):
    content = b"?\n" * 10_000
    client = daemon.connect(timeout=60)
    client.send(frame(zstd_frames.compress(content) if kind == ZSTD_BATCH else content, kind))
    client.wait_ack(10_000)
    assert len(client.rejects) == 10_000


def test_a_client_that_never_reads_65536_rejects_of_a_batch_holds_up_nobody(daemon):
    deaf = daemon.connect(receive_buffer=1024)
    deaf.send(frame(b"?\n" * 65536, BATCH))
    deaf.wait_read()
    other = daemon.connect()
    other.send_records([b"%d" % n for n in range(1000)])
    other.wait_ack()
