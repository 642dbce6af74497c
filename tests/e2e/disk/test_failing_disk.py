"""A disk that really fails to write, below the page cache: acks stop, the daemon ends with 74, and what the next start
serves is what the disk has and not what the cache shows. CRAWLSPOOL_FAILING_DISKS sets how often."""

import os
import random
import shutil
import time

import pytest

import writers as load
from daemon import Daemon
from failing_disk import FailingDisk
from invariant import check_at_rest, check_restart

ROUNDS = int(os.environ.get("CRAWLSPOOL_FAILING_DISKS", "2"))
ROUNDS_A_SPOOL = 5  # each check reads the whole spool
SEED = int(os.environ.get("CRAWLSPOOL_SEED", "20261120"))
TINY_SEGMENTS = {"spool.segment_bytes_max": "256KiB", "spool.compression": "zstd"}


@pytest.fixture
def disk(tmp_path):
    made = FailingDisk(tmp_path / "failing")
    yield made
    made.remove()


def fail_under_load(daemon, disk, chance):
    """Load, writes that fail from a random moment on, the daemon's end. Returns what is owed."""
    writers = load.start_writers(daemon, "failing", 3, http=1)
    load.wait_for_acks(writers, chance.randrange(4, 600))
    time.sleep(chance.uniform(0, 0.02))
    with disk.failing():
        assert daemon.wait_exit() == 74
    load.join(writers)
    assert {writer.goodbye for writer in writers[:3]} == {"spool_failed"}
    assert daemon.events("spool_failed", level="error")
    return load.ledgers(writers)


def renew_if_aborted(disk):
    """ext4 turns itself read-only where its own journal could not be written. Whether it had."""
    try:
        (disk.place / "probe").touch()
        return False
    except OSError:
        disk.mount_again()
        return True


def test_acked_records_survive_a_disk_that_fails_to_write(disk, tmp_path):
    chance = random.Random(SEED)
    acked = remounts = 0
    for first in range(0, ROUNDS, ROUNDS_A_SPOOL):
        daemon = Daemon(tmp_path / "daemon", TINY_SEGMENTS, spool_directory=disk.place / f"spool-{first}").start()
        owed = []
        try:
            for _ in range(first, min(first + ROUNDS_A_SPOOL, ROUNDS)):
                owed += fail_under_load(daemon, disk, chance)
                remounts += renew_if_aborted(disk)
                _, service = check_restart(daemon, owed)
                owed.append(service)
            assert daemon.terminate() == 0
            disk.mount_again()
            check_at_rest(daemon.spool, owed)
        finally:
            daemon.finish()
        acked += sum(ledger.acked for ledger in owed)
        shutil.rmtree(daemon.spool.directory)
    print(f"\nthe disk failed {ROUNDS} times (seed {SEED}), {remounts} times the file system with it: "
          f"{acked} acked, 0 lost")
