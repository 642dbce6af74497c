"""A small file system filled to the last byte and to the last inode under load, freed and filled again: nothing acked
is lost, nobody is cut off, and it goes on by itself within 2 s. CRAWLSPOOL_FILLS sets how often."""

import os
import shutil
import time

import pytest

import writers as load
from daemon import Daemon
from invariant import check_at_rest
from ledger import Shape
from loop_disk import LoopDisk
from private_mounts import mount, umount_lazily
from waiting import seconds, wait_until

FILLS = int(os.environ.get("CRAWLSPOOL_FILLS", "2"))
SETTINGS = {"spool.segment_bytes_max": "512KiB", "spool.compression": "zstd"}
SHAPE = Shape(bad_one_in=50, large_max=60_000)
RESUMED_WITHIN_S = 2
STEP_KIB = 2048
COMMIT_BYTES_MAX = 1 << 20  # more than all windows hold: a commit is stored whole or not at all


class SmallTmpfs:
    """Holds no more than it is told, and finds out at the write."""

    def __init__(self, home):
        self.place = home / "disk"
        self.place.mkdir()
        self.size_kib = 4096
        mount("-t", "tmpfs", "-o", f"size={self.size_kib}k,nr_inodes=100", "none", place=self.place)

    def grow(self, kib=STEP_KIB):
        self.size_kib += kib
        mount("-o", f"remount,size={self.size_kib}k", place=self.place)

    def grow_for_good(self):
        self.grow(1 << 20)

    def use_up_inodes(self):
        made = []
        try:
            while True:
                path = self.place / f"ballast-{len(made)}"
                path.touch()
                made.append(path)
        except OSError:
            return made

    def remove(self):
        umount_lazily(self.place)


class SmallExt4(LoopDisk):
    """Promises room at the write that it may not have at the sync (delayed allocation); ballast goes to free it."""

    def __init__(self, home):
        super().__init__(home, "ext4")
        self.ballast = []
        room = os.statvfs(self.place)
        while room.f_bavail * room.f_frsize > 4 << 20:
            path = self.place / f"ballast-{len(self.ballast)}"
            path.write_bytes(bytes(STEP_KIB << 10))
            self.ballast.append(path)
            os.sync()
            room = os.statvfs(self.place)

    def grow(self):
        self.ballast.pop().unlink()

    def grow_for_good(self):
        while self.ballast:
            self.grow()


@pytest.fixture(params=[SmallTmpfs, SmallExt4], ids=["tmpfs", "ext4"])
def disk(request, tmp_path):
    made = request.param(tmp_path)
    yield made
    made.remove()


@pytest.fixture
def small_tmpfs(tmp_path):
    made = SmallTmpfs(tmp_path)
    made.grow_for_good()
    yield made
    made.remove()


def check_that_all_are_told(daemon, writers):
    wait_until(lambda: daemon.status()["state"] == "disk_full", "state disk_full", 30)
    wait_until(lambda: all("slow" in writer.told for writer in writers), "every client is told slow", 20)
    refused = daemon.post(b"1")
    assert refused.status == 503 and refused.error_code() == "disk_full", refused
    assert int(refused.headers["retry-after"]) > 0
    assert daemon.admin("/readyz").status == 503 and daemon.admin("/livez").status == 200


def resume(writers, free):
    """Gives the disk room; how long it takes until every writer gets acks again."""
    before = [writer.acked for writer in writers]
    for writer in writers:
        writer.told.clear()
    began = time.monotonic()
    free()
    wait_until(lambda: all(writer.acked > acked for writer, acked in zip(writers, before)), "acks once there is room")
    took = time.monotonic() - began
    assert took < seconds(RESUMED_WITHIN_S), f"acks again only after {took:.2f} s"
    wait_until(lambda: all("resume" in writer.told for writer in writers), "every client is told resume")
    return took


def stop_and_check(daemon, writers, posting=()):
    assert daemon.terminate() == 0
    load.join([*writers, *posting])
    assert {writer.goodbye for writer in writers} == {"draining"}
    check_at_rest(daemon.spool, load.ledgers([*writers, *posting]))


def report(what, took):
    print(f"\n{what} {len(took)} times, 0 lost: acks again after {min(took) * 1000:.0f} to {max(took) * 1000:.0f} ms")


def test_filled_to_the_last_byte_and_freed_again_and_again(disk, tmp_path, request):
    daemon = Daemon(tmp_path / "daemon", SETTINGS, spool_directory=disk.place / "spool").start()
    took = []
    try:
        writers = load.start_writers(daemon, "filling", 3, shape=SHAPE, window=100)
        posting = load.start_writers(daemon, "filling", 0, http=1, shape=SHAPE)  # ends with its first 503
        for _ in range(FILLS):
            check_that_all_are_told(daemon, writers)
            assert os.statvfs(disk.place).f_bavail * os.statvfs(disk.place).f_frsize < COMMIT_BYTES_MAX
            took.append(resume(writers, disk.grow))
        disk.grow_for_good()
        wait_until(lambda: daemon.status()["state"] == "ok", "state ok")
        stop_and_check(daemon, writers, posting)
    finally:
        daemon.finish()
    report(f"{request.node.callspec.id} filled", took)


def test_inodes_used_up_and_freed_again_and_again(small_tmpfs, tmp_path):
    took = []
    for number in range(FILLS):
        daemon = Daemon(tmp_path / "daemon", SETTINGS, spool_directory=small_tmpfs.place / f"spool-{number}").start()
        try:
            ballast = small_tmpfs.use_up_inodes()
            writers = load.start_writers(daemon, "inodes", 3, shape=SHAPE, window=100)
            check_that_all_are_told(daemon, writers)
            took.append(resume(writers, lambda: [path.unlink() for path in ballast]))
            stop_and_check(daemon, writers)
        finally:
            daemon.finish()
        shutil.rmtree(daemon.spool.directory)
    report("tmpfs out of inodes", took)
