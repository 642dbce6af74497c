"""SIGKILL in mid-load and at storage calls: what was acked is there exactly once, no line is torn, nothing else needs
a hand. CRAWLSPOOL_KILLS sets how often (50 for a long run)."""

import json
import os
import random

import pytest

import writers as load
from daemon import Daemon
from tools import strace
from waiting import wait_until

KILLS = int(os.environ.get("CRAWLSPOOL_KILLS", "5"))


def test_acked_records_survive_sigkill_in_mid_load(start):
    chance = random.Random(20261120)
    daemon = start()
    all_writers = []
    unacked_kept = 0
    for round_number in range(KILLS):
        writers = load.start_writers(daemon, f"round{round_number}")
        all_writers += writers
        load.wait_for_acks(writers, chance.randrange(50, 3000))
        daemon.kill()
        load.join(writers)
        daemon.start()
        lines = daemon.spool.lines()
        unacked_kept = load.check(lines, all_writers)
        assert daemon.spool.durable() <= daemon.spool.position()
    assert sum(writer.acked for writer in all_writers) >= 50 * KILLS
    print(f"{KILLS} kills, {sum(w.acked for w in all_writers)} acked, {unacked_kept} unacked kept")


@pytest.mark.parametrize("call, when", [("fdatasync", n) for n in (2, 3, 5)] + [("ftruncate", 1), ("rename", 1),
                                                                               ("renameat", 1), ("renameat2", 1)])
def test_acked_records_survive_sigkill_at_a_storage_call(tmp_path, start, call, when):
    victim = Daemon(tmp_path / "daemon", **strace(f"{call}:signal=KILL:when={when}"))
    victim.launch()
    writers = []
    try:
        try:
            wait_until(lambda: victim.ready_file.exists() or not victim.running(), "ready, or killed at the start")
            if victim.ready_file.exists() and victim.running():
                victim.ready = load_ready(victim)
                writers = load.start_writers(victim, "victim", 2)
                load.wait_for_acks(writers, 300)
        except ConnectionRefusedError:
            pass  # killed between its ready file and our connection
    finally:
        victim.kill()
    load.join(writers)
    survivor = start()
    load.check(survivor.spool.lines(), writers)
    client = survivor.connect()
    client.send_record(b"1")
    assert client.wait_ack() == 1


def load_ready(daemon):
    return json.loads(daemon.ready_file.read_text(encoding="utf-8"))


def test_a_kill_during_recovery_is_recovered_from(start, tmp_path):
    daemon = start()
    client = daemon.connect()
    client.send_records([b'{"n":%d}' % n for n in range(100)])
    client.wait_ack()
    daemon.kill()
    with open(daemon.spool.open_segment(), "ab") as segment:
        segment.write(b'{"ts":"torn')
    for call in ("ftruncate", "fsync", "fdatasync"):
        victim = Daemon(tmp_path / "daemon", **strace(f"{call}:signal=KILL:when=1"))
        victim.launch()
        wait_until(lambda: victim.ready_file.exists() or not victim.running(), "ready, or killed")
        victim.kill()
    daemon.start()
    assert daemon.spool.records() == [b'{"n":%d}' % n for n in range(100)]
