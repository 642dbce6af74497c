"""What one hostile peer can take from the others: each attack for CRAWLSPOOL_HOSTILE_SECONDS, then all at once for three
times as long, beside 20 polite clients. The attackers have half a processor. What polite clients wait is compared with
what they wait while the same attackers send to a sink."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

import attackers
import polite
from daemon import Daemon, parse_address
from processor_share import half_a_processor
from service_manager import NotifySocket

HERE = pathlib.Path(__file__).parent
SECONDS = float(os.environ.get("CRAWLSPOOL_HOSTILE_SECONDS", "5"))
ALL_SECONDS = 3 * SECONDS
MEMORY_BYTES_MAX = 64 << 20
RSS_BEYOND_BYTES_MAX = 64 << 20
WAIT_S_MAX = 0.3
P99_S_MAX = 0.02
WATCHDOG_S = 2
LOG_BYTES_MAX = 1_000_000
SETTINGS = {"limits.memory_bytes_max": "64MiB", "spool.segment_bytes_max": "64MiB", "spool.retention_bytes_max": "1GiB",
            "spool.compression": "zstd"}


@contextlib.contextmanager
def attacked(names, addresses, seconds):
    """While the block runs the attackers do; what they have sent is printed behind it."""
    with half_a_processor() as enter:
        started = [subprocess.Popen([sys.executable, str(HERE / "attackers.py"), name, *addresses, str(seconds)],
                                    preexec_fn=enter, stdout=subprocess.PIPE, text=True) for name in names]
        try:
            yield
            for one in started:
                print("   ", one.communicate(timeout=seconds + 60)[0].strip())
        finally:
            for one in started:
                one.kill()
                one.wait()


@contextlib.contextmanager
def sink():
    with subprocess.Popen([sys.executable, str(HERE / "sink.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as one:
        try:
            yield json.loads(one.stdout.readline())
        finally:
            one.stdin.close()


class Watched:
    """A daemon under a watchdog, as a service manager would have it, with the longest pause between its signs of life."""

    def __init__(self, home):
        home.mkdir()
        self.notify = NotifySocket(home / "notify")
        self.daemon = Daemon(home / "daemon", SETTINGS,
                             env=self.notify.environment(WATCHDOG_USEC=str(WATCHDOG_S * 1_000_000))).start()
        self.signs = 0
        self.seen = time.monotonic()
        self.longest_pause = 0.0

    def look(self):
        now, signs = time.monotonic(), len(self.notify.having("WATCHDOG"))
        self.longest_pause = max(self.longest_pause, now - self.seen)
        if signs > self.signs:
            self.signs, self.seen = signs, now

    def addresses(self):
        return [self.daemon.ready[kind][0] for kind in ("stream", "http", "admin")]

    def measure(self, seconds):
        stream, http, _ = map(parse_address, self.addresses())
        self.seen = time.monotonic()
        return polite.run(stream, http, seconds, each_tick=self.look)


@pytest.fixture
def watched(tmp_path):
    one = Watched(tmp_path / "watched")
    yield one
    one.daemon.kill()
    one.notify.close()


@pytest.mark.parametrize("names", [*((name,) for name in attackers.NAMES), attackers.NAMES],
                         ids=[*attackers.NAMES, "all_at_once"])
def test_polite_clients_are_served_beside(watched, names):
    seconds = SECONDS if len(names) == 1 else ALL_SECONDS
    with sink() as addresses, attacked(names, addresses, seconds + 1):
        alone = watched.measure(seconds)
    print(f"\n  beside a sink:   {alone}")
    with attacked(names, watched.addresses(), seconds + 1):
        beside = watched.measure(seconds)
    print(f"  beside attackers: {beside}")
    peak = watched.daemon.memory_peak_bytes()
    began = time.monotonic()
    code = watched.daemon.terminate()
    log_bytes = watched.daemon.log_file.stat().st_size
    print(f"  peak memory {peak >> 20} MiB, log {log_bytes} bytes, longest watchdog pause {watched.longest_pause:.2f} s, "
          f"exit {code} after {time.monotonic() - began:.2f} s")
    assert not beside.failures
    assert beside.quantile(0.99) <= max(2 * alone.quantile(0.99), P99_S_MAX)
    assert max(beside.seconds) <= WAIT_S_MAX
    assert peak <= MEMORY_BYTES_MAX + RSS_BEYOND_BYTES_MAX
    assert watched.longest_pause <= WATCHDOG_S
    assert log_bytes < LOG_BYTES_MAX
    assert code == 0


def test_blank_batches_cost_next_to_nothing(watched):
    batches = attackers.attack("blank_zstd_batches").payload
    client = watched.daemon.connect()
    before = watched.daemon.cpu_seconds()
    client.sock.sendall(batches)
    client.send_record(b"1")
    assert client.wait_ack() == 1
    cost = watched.daemon.cpu_seconds() - before
    print(f"\n  {len(batches)} bytes of blank batches cost {cost:.2f} s")
    assert cost < 0.3
