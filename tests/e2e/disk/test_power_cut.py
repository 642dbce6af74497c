"""Power cuts under load, on real file systems: what was acked is on the disk, names included. The daemon outlives the
cut by a moment, and its acks from then on are held against it too: the kernel may let a sync succeed that the cut came
into the middle of, but not the write of the durable position behind it. CRAWLSPOOL_CUTS sets how many cuts on each file
system, CRAWLSPOOL_SEED which moments."""

import dataclasses
import os
import random
import shutil
import time

import pytest

import writers as load
from daemon import Daemon
from invariant import check_at_rest, check_restart
from ledger import Shape
from loop_disk import MAKE, LoopDisk

CUTS = int(os.environ.get("CRAWLSPOOL_CUTS", "10"))
SEED = int(os.environ.get("CRAWLSPOOL_SEED", "20261120"))
CUTS_A_SPOOL = 5  # each check reads the whole spool


@dataclasses.dataclass(frozen=True)
class Load:
    settings: dict
    acks_max: int  # before a cut
    window: int
    shape: Shape


LOADS = {
    "small": Load({"spool.segment_bytes_max": "256KiB"}, 600, 300, Shape(bad_one_in=97)),
    # Commits of megabytes, which go to the disk past the page cache for the most part.
    "large": Load({"spool.segment_bytes_max": "16MiB"}, 200, 60,
                  Shape(large_one_in=2, large_max=150_000, bad_one_in=97)),
}
DISK_MEGABYTES = 400


@pytest.fixture(params=MAKE)
def disk(request, tmp_path):
    made = LoopDisk(tmp_path, request.param, DISK_MEGABYTES)
    yield made
    made.remove()


def cut_under_load(daemon, disk, chance, kind=LOADS["small"]):
    """Load, a cut at a random moment, the daemon's end, the power back. Returns what is owed."""
    writers = load.start_writers(daemon, "cut", 3, window=kind.window, shape=kind.shape)
    writers += load.start_writers(daemon, "cut", 0, http=1, shape=kind.shape)
    load.wait_for_acks(writers, chance.randrange(4, kind.acks_max))
    time.sleep(chance.uniform(0, 0.02))
    disk.cut()
    daemon.kill()
    load.join(writers)
    disk.power_up()
    return load.ledgers(writers)


def cut_during_recovery(daemon, disk, chance):
    """The power fails again while the daemon starts."""
    daemon.launch()
    time.sleep(chance.uniform(0, 0.025))
    disk.cut()
    daemon.kill()
    disk.power_up()


def test_what_was_not_synced_is_gone_after_a_cut(disk):
    """Else the cuts below would prove nothing."""
    synced, unsynced = disk.place / "synced", disk.place / "unsynced"
    with open(synced, "wb") as file:
        file.write(b"here")
        file.flush()
        os.fsync(file.fileno())
    unsynced.write_bytes(b"gone")
    disk.cut()
    disk.power_up()
    assert synced.read_bytes() == b"here" and not unsynced.exists()


def test_a_daemon_that_does_not_sync_is_found_out(disk, tmp_path):
    """The harness has eyes: with acks that mean "written" it sees records lost."""
    daemon = Daemon(tmp_path / "daemon", {"spool.sync": "never"}, spool_directory=disk.place / "spool").start()
    try:
        owed = cut_under_load(daemon, disk, random.Random(SEED))
        with pytest.raises(AssertionError, match="is lost"):
            check_restart(daemon, owed)
    finally:
        daemon.finish()


@pytest.mark.parametrize("kind", LOADS.values(), ids=LOADS)
def test_acked_records_survive_power_cuts_under_load(disk, kind, tmp_path, request):
    chance = random.Random(SEED)
    began = time.monotonic()
    acked = kept = 0
    for first in range(0, CUTS, CUTS_A_SPOOL):
        daemon = Daemon(tmp_path / "daemon", kind.settings, spool_directory=disk.place / f"spool-{first}").start()
        owed = []
        try:
            for number in range(first, min(first + CUTS_A_SPOOL, CUTS)):
                owed += cut_under_load(daemon, disk, chance, kind)
                if number % 3 == 0:
                    cut_during_recovery(daemon, disk, chance)
                unacked, service = check_restart(daemon, owed)
                owed.append(service)
            kept += unacked
            assert daemon.terminate() == 0
            check_at_rest(daemon.spool, owed)
        except BaseException:
            print(f"cut {number}, seed {SEED}\n{daemon.log()[-4000:]}")
            raise
        finally:
            daemon.finish()
        acked += sum(ledger.acked for ledger in owed)
        shutil.rmtree(daemon.spool.directory)
    took = time.monotonic() - began
    print(f"\n{CUTS} cuts of {request.node.callspec.id} (seed {SEED}) in {took:.1f} s: {acked} acked, 0 lost, "
          f"{kept} unacked kept")
