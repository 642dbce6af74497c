"""A short session with the daemon, always the same, one step behind the other, so that its storage calls come in one
order: single records, two connections, rejected records, an HTTP batch, a record larger than a segment, rotations,
compression, a clean stop. It may break off at any point, with the daemon; the ledgers say what was promised until
then."""

import contextlib
import json

from frames import frames
from ledger import Ledger, Shape
from waiting import wait_until
from writers import HttpWriter

SETTINGS = {"spool.segment_bytes_max": "4KiB", "spool.compression": "zstd", "io_threads": "1"}
SMALL = Shape(pad_max=300, large_one_in=0, bad_one_in=9)
LARGE = Shape(pad_max=40_000, large_one_in=0)


class BrokenOff(Exception):
    pass


class Teller:
    """A connection of the story."""

    def __init__(self, daemon, name, shape=SMALL):
        self.ledger = Ledger(name, shape=shape)
        try:
            self.client = daemon.connect(timeout=30)
        except OSError as error:
            raise BrokenOff from error
        self.ledger.peer = self.client.name
        self.last_word = None

    def settle(self, count):
        try:
            self.client.send(frames(self.ledger.take(count)))
            while self.ledger.acked < self.ledger.sent:
                message = self.client.receive()
                self.ledger.acked = self.client.acked
                if message is None or "error" in message:
                    self.last_word = message
                    raise BrokenOff
        except OSError as error:
            raise BrokenOff from error


def post(daemon, name, told):
    try:
        writer = HttpWriter(daemon.address("http"), name, batch=12, shape=SMALL)
    except OSError as error:
        raise BrokenOff from error
    told.append(writer.ledger)
    try:
        if writer.post() != 200:
            raise BrokenOff
    except (OSError, EOFError) as error:
        raise BrokenOff from error
    finally:
        writer.web.sock.close()


def tell(daemon, name, told, singles):
    def teller(suffix, **options):
        one = Teller(daemon, f"{name}-{suffix}", **options)
        told.append(one.ledger)
        return one

    first, second = teller("first"), teller("second")
    for _ in range(3):
        first.settle(1)
    second.settle(10)
    first.settle(5)
    post(daemon, f"{name}-http", told)
    teller("large", shape=LARGE).settle(2)
    for _ in range(singles):
        second.settle(1)


def wait_until_compressed(daemon):
    """Until every sealed segment is compressed, or that failed (it is tried again only after 30 s)."""
    def is_settled():
        plain = [path for _, path in daemon.spool.segments() if path.suffix == ".ndjson"]
        return not plain or not daemon.running() or daemon.events("compression_failed")

    wait_until(is_settled, "sealed segments are compressed", 60)


def run_story(daemon, name="story", singles=12):
    """Starts the daemon and tells it all. Returns the ledgers, and whether the end was reached and it still ran."""
    told = []
    daemon.launch()
    try:
        wait_until(lambda: daemon.ready_file.exists() or not daemon.running(), "ready, or ended at the start", 30)
        with contextlib.suppress(FileNotFoundError):
            daemon.ready = json.loads(daemon.ready_file.read_text(encoding="utf-8"))
        if daemon.ready is None:
            return told, False
        tell(daemon, name, told, singles)
        wait_until_compressed(daemon)
        return told, True
    except BrokenOff:
        return told, False
    finally:
        for client in daemon.clients:
            client.close()
        daemon.clients.clear()
