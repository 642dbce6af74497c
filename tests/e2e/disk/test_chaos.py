"""Exactly once, whatever happens: clients with sessions send numbered records, some of them bad, while connections are
cut at random bytes and come back at once, acks get lost, the daemon is killed, its syncs are slow for a while, its disk
loses power, and two processes fight for one session. In the end each good record is in the spool once, in order, and
each client knows how its bad ones ended.

CRAWLSPOOL_CHAOS_RECORDS sets how many records all clients send together, CRAWLSPOOL_CHAOS_KILLS how often the daemon is
killed, CRAWLSPOOL_CHAOS_CUTS how often the power fails, CRAWLSPOOL_SEED the moments."""

import collections
import os
import random
import threading
import time

import pytest

import command
from cutting_proxy import CuttingProxy, Temper
from daemon import Daemon
from frames import BATCH, ZSTD_BATCH
from ledger import Ledger, Shape, identify
from loop_disk import LoopDisk
from session_client import SessionClient, Superseded
from sessions import digits, new_session
from slow_sync import slow_sync
from waiting import wait_until

RECORDS = int(os.environ.get("CRAWLSPOOL_CHAOS_RECORDS", "5000"))
KILLS = int(os.environ.get("CRAWLSPOOL_CHAOS_KILLS", "3"))
CUTS = int(os.environ.get("CRAWLSPOOL_CHAOS_CUTS", "2"))
SEED = int(os.environ.get("CRAWLSPOOL_SEED", "20261120"))
SESSIONS = 8
BAD_ONE_IN = 100
SLOW_SYNC_MS = 200
SHAPE = Shape(pad_max=120, large_one_in=200, large_max=5000, bad_one_in=BAD_ONE_IN)
SETTINGS = {"spool.segment_bytes_max": "1MiB", "spool.compression": "zstd", "io_threads": "3"}
SENDS = (None, BATCH, ZSTD_BATCH)


class Sender(threading.Thread):
    """A client that comes back at once whenever its connection ends, until all its records are settled."""

    def __init__(self, address, ledger, records, *, sends=None, chance):
        super().__init__(daemon=True)
        self.ledger, self.records, self.chance = ledger, records, chance
        self.client = SessionClient(address, name=ledger.name.decode(), stream="chaos", sends=sends)
        self.error = None

    @property
    def acked(self):
        return self.client.acked

    def run(self):
        try:
            while self.acked < self.records:
                self.step()
            self.client.disconnect()
        except Exception as error:  # handed to the test
            self.error = error

    def step(self):
        if self.client.connection is None:
            self.client.connect(timeout=60)
        room = min(self.client.WINDOW - len(self.client.unacked), self.records - self.client.numbered)
        if room > 0:
            self.client.put(*self.ledger.take(self.chance.randint(1, room)))
        if self.client.unacked:
            self.client.receive()

    def check_verdicts(self):
        bad = [number for number in range(1, self.records + 1) if self.ledger.is_bad(number)]
        assert set(self.client.verdicts) <= set(bad)
        known = len(self.client.verdicts) + self.client.verdicts_missed
        assert known == len(bad), f"{self.ledger.name}: knows of {known} rejects of {len(bad)}"
        assert self.client.maybe_twice == 0 and not self.client.too_large


class Fighter(Sender):
    """One of several processes that have the same records on their disks and the same session."""

    def __init__(self, address, ledger, records, session, **options):
        super().__init__(address, ledger, records, **options)
        self.client = SessionClient(address, name=ledger.name.decode(), stream="chaos", session=session,
                                    kept=map(ledger.payload, range(1, records + 1)))
        self.taken_over = 0

    def step(self):
        try:
            super().step()
        except Superseded:
            self.taken_over += 1
            time.sleep(self.chance.uniform(0, 0.1))  # or neither would ever get anything done


class Chaos:
    def __init__(self, home, seed, temper, records, *, disk=None):
        print(f"seed {seed}, {records} records")
        self.chance = random.Random(seed)
        self.disk = disk
        self.slow = slow_sync(home, SLOW_SYNC_MS)["env"]
        self.daemon = Daemon(home / "daemon", SETTINGS, spool_directory=disk and disk.place / "spool").start()
        self.proxy = CuttingProxy(self.daemon.address, seed, temper)
        each = records // SESSIONS
        self.senders = []
        for index in range(SESSIONS):
            ledger = Ledger(f"chaos-{index}", shape=SHAPE)
            options = {"chance": random.Random(seed + index)}
            if index < SESSIONS - 1:
                self.senders.append(Sender(self.proxy.address, ledger, each, sends=SENDS[index % 3], **options))
            else:
                session = new_session()
                self.senders += [Fighter(self.proxy.address, ledger, each, session, **options) for _ in range(2)]
        self.records = each * len(self.senders)

    def acked(self):
        return sum(sender.acked for sender in self.senders)

    def busy(self):
        return any(sender.is_alive() for sender in self.senders)

    def run(self, kills, cuts):
        for sender in self.senders:
            sender.start()
        blows = [False] * kills + [True] * cuts
        self.chance.shuffle(blows)
        moments = sorted(self.chance.randrange(self.records * 9 // 10) for _ in blows)
        for moment, is_cut in zip(moments, blows):
            wait_until(lambda: self.acked() >= moment or not self.busy(), f"{moment} acks", 600)
            time.sleep(self.chance.uniform(0, 0.05))
            self.strike(is_cut)
        for sender in self.senders:
            sender.join()
            assert sender.error is None, f"{sender.ledger.name}: {sender.error!r}"

    def strike(self, is_cut):
        if is_cut:
            self.disk.cut()
        self.daemon.ready = None  # the proxy finds nobody
        self.daemon.kill()
        if is_cut:
            self.disk.power_up()
        self.daemon.env = self.slow if self.chance.random() < 0.3 else None
        self.daemon.start()

    def check(self):
        """Each client's view, then the spool's."""
        self.proxy.calm = True
        for sender in self.senders:
            if not isinstance(sender, Fighter):
                sender.check_verdicts()
            sender.client.connect()
            assert sender.client.welcome["last_seq"] == sender.records
            sender.check_verdicts()
            sender.client.close()
        assert self.daemon.terminate() == 0
        self.check_spool()

    def check_spool(self):
        stored, rejected = collections.defaultdict(list), collections.defaultdict(set)
        for line in self.daemon.spool.lines():
            stored[line.session].append(line)
        for line in self.daemon.spool.rejected():
            name, number = identify(line["raw"])
            assert (line["client"], line["seq"], line["code"]) == (name.decode(), number, "invalid_json"), line
            rejected[line["session"]].add(number)
        for sender in self.senders:
            ledger, session = sender.ledger, digits(sender.client.session)
            numbers = range(1, sender.records + 1)
            good = [number for number in numbers if not ledger.is_bad(number)]
            assert [line.seq for line in stored[session]] == good, ledger.name
            for line in stored[session]:
                assert line.record == ledger.payload(line.seq), f"{ledger.name}: {line.seq} is not what was sent"
                assert (line.client, line.stream) == (ledger.name.decode(), "chaos")
            assert rejected[session] == set(filter(ledger.is_bad, numbers)), ledger.name
        assert len(stored) == SESSIONS, "records nobody sent"
        verdict = command.run("verify", "--spool", self.daemon.spool.directory, timeout=120)
        assert verdict.returncode == 0, verdict
        log = self.daemon.log_file.read_text(encoding="utf-8", errors="replace")
        assert "event=session_gap" not in log and "event=recovery_damaged" not in log

    def end(self):
        self.daemon.kill()
        self.proxy.close()
        self.daemon.finish()

    def story(self):
        fights = sum(getattr(sender, "taken_over", 0) for sender in self.senders)
        welcomes = sum(sender.client.welcomes for sender in self.senders)
        return (f"{self.proxy.cuts} connections cut, {self.proxy.swallowed_bytes} bytes of answers swallowed, "
                f"{welcomes} welcomes, {fights} times taken over")


def run_chaos(home, kills, cuts=0, disk=None):
    began = time.monotonic()
    chaos = Chaos(home, SEED, Temper(lifetime_bytes_max=20_000), RECORDS, disk=disk)
    try:
        chaos.run(kills, cuts)
        chaos.check()
    except BaseException:
        print(chaos.daemon.log()[-6000:])
        raise
    finally:
        chaos.end()
    print(f"{kills} kills, {cuts} power cuts, {chaos.story()}, {time.monotonic() - began:.1f} s")
    assert chaos.proxy.cuts > 10 and chaos.proxy.swallowed_bytes > 0


def test_each_record_is_stored_once_whatever_happens_to_connections_and_daemon(tmp_path):
    run_chaos(tmp_path, KILLS)


@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_each_record_is_stored_once_also_where_the_power_fails(tmp_path, kind):
    disk = LoopDisk(tmp_path, kind, megabytes=64 + RECORDS // 1000)
    try:
        run_chaos(tmp_path, 1, CUTS, disk)
    finally:
        disk.remove()
