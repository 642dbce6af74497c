"""SIGKILL at random moments in mid-load: nothing acked is lost and nothing needs a hand. CRAWLSPOOL_KILLS sets how
often, CRAWLSPOOL_SEED which moments."""

import os
import random
import shutil
import time

import writers as load
from daemon import Daemon
from invariant import check_at_rest, check_restart

KILLS = int(os.environ.get("CRAWLSPOOL_KILLS", "5"))
SEED = int(os.environ.get("CRAWLSPOOL_SEED", "20261120"))
KILLS_A_SPOOL = 5  # each check reads the whole spool
TINY_SEGMENTS = {"spool.segment_bytes_max": "256KiB", "spool.compression": "zstd"}


def kill_and_restart(daemon, chance, owed):
    """One round; returns how many unacked records of all rounds are there."""
    writers = load.start_writers(daemon, "killed", 3, http=1)
    load.wait_for_acks(writers, chance.randrange(4, 1000))
    time.sleep(chance.uniform(0, 0.03))
    daemon.kill()
    load.join(writers)
    owed += load.ledgers(writers)
    kept, service = check_restart(daemon, owed)
    owed.append(service)
    return kept


def test_acked_records_survive_sigkill_in_mid_load(tmp_path):
    chance = random.Random(SEED)
    began = time.monotonic()
    acked = kept = 0
    for first in range(0, KILLS, KILLS_A_SPOOL):
        daemon = Daemon(tmp_path / f"from-{first}", TINY_SEGMENTS).start()
        owed = []
        try:
            for _ in range(min(KILLS_A_SPOOL, KILLS - first)):
                unacked = kill_and_restart(daemon, chance, owed)
            kept += unacked
            assert daemon.terminate() == 0
            check_at_rest(daemon.spool, owed)
        except BaseException:
            print(f"seed {SEED}, spool {daemon.home}\n{daemon.log()[-4000:]}")
            raise
        finally:
            daemon.finish()
        acked += sum(ledger.acked for ledger in owed)
        shutil.rmtree(daemon.home)
    took = time.monotonic() - began
    print(f"\n{KILLS} kills (seed {SEED}) in {took:.1f} s: {acked} acked, 0 lost, {kept} unacked kept")
