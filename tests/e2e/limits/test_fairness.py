"""One client with a huge backlog does not starve those that send a record now and then. CRAWLSPOOL_BACKLOG sets how
many records the greedy one brings."""

import gzip
import os
import selectors
import threading

import pytest

import zstd_frames
from daemon import is_sanitized
from frames import BATCH, ZSTD_BATCH, frame, frames
from polite import acks_while
from slow_sync import slow_sync
from waiting import wait_until

BACKLOG = int(os.environ.get("CRAWLSPOOL_BACKLOG", "1000000"))
POLITE = 50
BATCH_RECORDS = 50_000
COMMITS_AN_ACK = 8  # a record waits for what was taken in before it, its client for the loop
SETTINGS = {"io_threads": "1"}  # all share one loop, whatever the machine has


class Greedy(threading.Thread):
    """Sends all it has as fast as the server takes it."""

    def __init__(self, client, data, records):
        super().__init__(daemon=True)
        self.client, self.data, self.records = client, data, records
        self.error = None

    def run(self):
        try:
            self.client.send(self.data)
            self.client.wait_ack(self.records)
        except Exception as error:  # handed to the test
            self.error = error


def backlog(kind):
    lines = [b'{"n":%d,"status":200}' % n for n in range(BATCH_RECORDS)]
    if kind is None:
        whole = frames(lines)
    else:
        content = b"\n".join(lines)
        whole = frame(zstd_frames.compress(content, level=1) if kind == ZSTD_BATCH else content, kind)
    return whole * (BACKLOG // BATCH_RECORDS), sum(map(len, lines)) * (BACKLOG // BATCH_RECORDS)


def commits_an_ack():
    """A sanitizer's turns last longer than its commits: there each turn of the greedy client is one."""
    return 4 * POLITE if is_sanitized() else COMMITS_AN_ACK


def is_even(rounds):
    """All are served alike. With a sanitizer's long turns a commit has some of them twice and others not at all."""
    return max(rounds) <= (3 if is_sanitized() else 2) * min(rounds) + 3


def polite_rounds(daemon, greedy):
    """How many acks each polite client got between the greedy one's first and its last, and the commits meanwhile."""
    selector = selectors.DefaultSelector()
    clients = [daemon.connect(timeout=60) for _ in range(POLITE)]
    for client in clients:
        client.send_record(b'"polite"')
        client.wait_ack()
        selector.register(client.sock, selectors.EVENT_READ, client)
    greedy.start()
    wait_until(lambda: greedy.client.acked or not greedy.is_alive(), "the greedy client is served", 60)
    before = [client.acked for client in clients]
    commits = daemon.status()["commits"]
    for client in clients:
        client.send_record(b'"polite"')
    while greedy.is_alive():
        for key, _ in selector.select(1):
            key.data.wait_ack()
            key.data.send_record(b'"polite"')
    commits = daemon.status()["commits"] - commits
    return [client.acked - acked for client, acked in zip(clients, before)], commits


@pytest.mark.parametrize("kind", [None, BATCH, ZSTD_BATCH], ids=["plain", "batch", "zstd"])
def test_polite_clients_are_served_while_a_greedy_one_is(start, kind):
    daemon = start(SETTINGS)
    data, content_bytes = backlog(kind)
    greedy = Greedy(daemon.connect(timeout=120), data, BACKLOG)
    rounds, commits = polite_rounds(daemon, greedy)
    assert greedy.error is None, repr(greedy.error)
    print(f"{BACKLOG} greedy records, {commits} commits; acks of each polite client meanwhile: {min(rounds)} to {max(rounds)}, "
          f"{sum(rounds) / (content_bytes / (1 << 20)):.1f} of all together for each greedy MiB")
    assert min(rounds) >= max(1, commits // commits_an_ack())
    assert is_even(rounds), rounds


def test_one_commit_serves_greedy_and_polite_alike(start, tmp_path):
    """Where syncs are slow all depends on their number: a polite record goes into the next, not behind a queue."""
    daemon = start(SETTINGS, **slow_sync(tmp_path, 50))
    data, _ = backlog(BATCH)
    greedy = Greedy(daemon.connect(timeout=120), data, BACKLOG)
    rounds, commits = polite_rounds(daemon, greedy)
    assert greedy.error is None, repr(greedy.error)
    print(f"{commits} commits; acks of each polite client meanwhile: {min(rounds)} to {max(rounds)}")
    assert min(rounds) >= max(1, commits // commits_an_ack())


def blank_batches():
    """Nothing comes of them, and each costs a megabyte to unpack and look at."""
    return frame(zstd_frames.compress(b"\n" * 1_040_000), ZSTD_BATCH) * 2000


def blank_lines():
    return frame(b"\n" * (31 << 20), BATCH) * 4


def empty_blocks():
    """One zstd frame of ten million blocks without content."""
    content = zstd_frames.MAGIC + b"\x00\x58" + b"\x00\x00\x00" * ((31 << 20) // 3) + b"\x01\x00\x00"
    return frame(content, ZSTD_BATCH) * 4


class Costly(threading.Thread):
    """Sends what yields nothing, and learns from the pong behind it when all of that is done."""

    def __init__(self, client, data):
        super().__init__(daemon=True)
        self.client, self.data = client, data
        self.error = None

    def run(self):
        try:
            self.client.send(self.data)
            self.client.ping()
        except Exception as error:  # handed to the test
            self.error = error


@pytest.mark.parametrize("costly", [blank_batches, blank_lines, empty_blocks])
def test_what_yields_nothing_takes_no_longer_turns(start, costly):
    """A turn counts what it costs: polite clients get acks while all of it is looked at, not only behind it."""
    daemon = start(SETTINGS)
    data = costly()
    polite = daemon.connect(timeout=60)
    polite.send_record(b'"polite"')
    polite.wait_ack()
    attacker = Costly(daemon.connect(timeout=120), data)
    acks = acks_while(attacker, polite)
    assert attacker.error is None, repr(attacker.error)
    assert acks >= 5, acks  # all of it in one turn would leave room for one or two


EMPTY = {"zstd": zstd_frames.compress(b""), "gzip": gzip.compress(b"")}


class Poster(threading.Thread):
    """Posts one body."""

    def __init__(self, daemon, body, encoding):
        super().__init__(daemon=True)
        self.daemon_at_work, self.body, self.encoding = daemon, body, encoding
        self.response = None

    def run(self):
        with self.daemon_at_work.web(timeout=120) as web:
            self.response = web.post(self.body, "application/x-ndjson", Content_Encoding=self.encoding)


@pytest.mark.parametrize("encoding", EMPTY)
def test_a_body_that_yields_nothing_takes_no_longer_turns(start, encoding):
    """Hundreds of thousands of frames or members without content, in one body."""
    daemon = start(SETTINGS)
    polite = daemon.connect(timeout=60)
    poster = Poster(daemon, EMPTY[encoding] * ((31 << 20) // len(EMPTY[encoding])), encoding)
    acks = acks_while(poster, polite)
    assert poster.response is not None and poster.response.status == 200
    assert acks >= 5, acks  # all of it in one turn would leave room for one or two


FLOODING = 60
FLOOD = frame(b"{bad") * 20_000


class Flood(threading.Thread):
    """Many connections of one machine that send rejects, each as fast as it is read."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.clients = [daemon.connect(source="127.0.0.2", timeout=120) for _ in range(FLOODING)]
        self.done = False

    def run(self):
        selector = selectors.DefaultSelector()
        left = {}
        for client in self.clients:
            client.sock.setblocking(False)
            left[client] = memoryview(FLOOD)
            selector.register(client.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, client)
        while any(left.values()):
            for key, events in selector.select(1):
                client = key.data
                if events & selectors.EVENT_READ:
                    client.sock.recv(1 << 16)
                if events & selectors.EVENT_WRITE and left[client]:
                    left[client] = left[client][client.sock.send(left[client][:1 << 16]):]
        self.done = True


@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.2"], ids=["another address", "the same address"])
def test_a_flood_of_rejects_leaves_others_their_share(start, source):
    daemon = start(SETTINGS)
    polite = daemon.connect(source=source, timeout=60)
    polite.send_record(b'"polite"')
    polite.wait_ack()
    flood = Flood(daemon)
    commits = daemon.status()["commits"]
    acks = acks_while(flood, polite)
    assert flood.done
    status = daemon.status()
    commits = status["commits"] - commits
    print(f"{acks} acks in {commits} commits; {status['turns_deferred']} turns deferred")
    assert acks >= commits // COMMITS_AN_ACK
    assert status["turns_deferred"] > 0
