"""Restarts by socket activation under load: the listening socket is held by this process, as systemd holds it, while 50
clients with sessions send. No connect is refused, and each record is stored once and in order.

CRAWLSPOOL_RESTARTS sets how many restarts there are, CRAWLSPOOL_SEED their moments."""

import collections
import os
import random
import threading
import time

from daemon import Daemon
from frames import BATCH, ZSTD_BATCH
from ledger import Ledger, Shape
from service_manager import close_all, handing_over, listening
from session_client import SessionClient
from sessions import digits
from waiting import wait_until

RESTARTS = int(os.environ.get("CRAWLSPOOL_RESTARTS", "5"))
SEED = int(os.environ.get("CRAWLSPOOL_SEED", "20261120"))
CLIENTS = 50
AT_ONCE = 10  # records a client puts before it waits for their acks
SENDS = (None, BATCH, ZSTD_BATCH)


class Gaps:
    """The longest time in which nobody was acked."""

    def __init__(self):
        self.lock = threading.Lock()
        self.last = None
        self.longest = 0.0

    def acked(self):
        with self.lock:
            now = time.monotonic()
            if self.last is not None:
                self.longest = max(self.longest, now - self.last)
            self.last = now


class Crawler(threading.Thread):
    """Sends until it is told to stop, and then until all is settled. Comes back at once whenever its connection ends."""

    def __init__(self, address, index, everybody):
        super().__init__(daemon=True)
        self.ledger = Ledger(f"restart-{index}", shape=Shape(pad_max=100, large_one_in=0))
        self.client = SessionClient(address, name=self.ledger.name.decode(), sends=SENDS[index % len(SENDS)])
        self.everybody, self.own = everybody, Gaps()
        self.stopping = False
        self.error = None

    def run(self):
        try:
            while not self.stopping:
                acked = self.client.acked
                self.client.put(*self.ledger.take(AT_ONCE))
                self.client.wait_settled()
                if self.client.acked > acked:
                    self.everybody.acked()
                    self.own.acked()
            self.client.close()
        except Exception as error:  # handed to the test
            self.error = error

    @property
    def connections(self):
        return self.client.welcomes


def check_once_and_in_order(spool, crawlers):
    stored = collections.defaultdict(list)
    for line in spool.lines():
        stored[line.session].append(line)
    for crawler in crawlers:
        lines = stored.pop(digits(crawler.client.session))
        assert [line.seq for line in lines] == list(range(1, crawler.ledger.sent + 1)), crawler.ledger.name
        assert all(line.record == crawler.ledger.payload(line.seq) for line in lines), crawler.ledger.name
    assert not stored, "records nobody sent"


def restart_under_load(daemon, crawlers, chance):
    for _ in range(RESTARTS):
        before = [crawler.client.acked for crawler in crawlers]
        wait_until(lambda: all(crawler.client.acked > was for crawler, was in zip(crawlers, before))
                   or any(crawler.error for crawler in crawlers), "everybody is acked after a restart", 60)
        time.sleep(chance.uniform(0, 0.1))
        assert daemon.terminate() == 0
        daemon.start()


def test_no_connect_is_refused_and_no_record_lost_or_doubled(tmp_path):
    chance = random.Random(SEED)
    sock = listening()
    options = handing_over([("stream", sock), ("admin", listening())], settings={"spool.segment_bytes_max": "1MiB"})
    daemon = Daemon(tmp_path / "daemon", **options).start()
    everybody = Gaps()
    crawlers = [Crawler(sock.getsockname(), index, everybody) for index in range(CLIENTS)]
    began = time.monotonic()
    try:
        for crawler in crawlers:
            crawler.start()
        restart_under_load(daemon, crawlers, chance)
        for crawler in crawlers:
            crawler.stopping = True
        for crawler in crawlers:
            crawler.join()
            assert crawler.error is None, f"{crawler.ledger.name}: {crawler.error!r}"
        assert daemon.terminate() == 0
        refused = sum(crawler.client.refused for crawler in crawlers)
        records = sum(crawler.ledger.sent for crawler in crawlers)
        print(f"seed {SEED}: {RESTARTS} restarts in {time.monotonic() - began:.1f} s, {records} records, "
              f"{sum(crawler.connections for crawler in crawlers)} connections, {refused} refused; longest without an ack: "
              f"{everybody.longest * 1000:.0f} ms for all, "
              f"{max(crawler.own.longest for crawler in crawlers) * 1000:.0f} ms for one")
        assert refused == 0
        assert all(crawler.connections > RESTARTS for crawler in crawlers)
        check_once_and_in_order(daemon.spool, crawlers)
    finally:
        daemon.finish()
        close_all(options)
