"""SIGKILL at each storage call of a session in turn, and at each of the recovery after it: only such calls change the
disk, so this is a crash at any instruction. CRAWLSPOOL_SWEEP sets how many points of each kind of call are taken (0:
all), CRAWLSPOOL_SWEEP_RECOVERY after how many such crashes recovery is swept too."""

import contextlib
import os
import shutil
import signal
import time

import pytest

from daemon import Daemon
from invariant import check_at_rest, check_restart
from storage_calls import points, spread, thin, traced
from story import SETTINGS, run_story
from tools import strace_works
from waiting import wait_until

SWEEP = int(os.environ.get("CRAWLSPOOL_SWEEP", "3"))
SWEEP_RECOVERY = int(os.environ.get("CRAWLSPOOL_SWEEP_RECOVERY", "2"))


@pytest.fixture(autouse=True)
def needs_strace():
    if not strace_works():
        pytest.skip("strace cannot inject faults here")


@contextlib.contextmanager
def killed_at(*kills):
    try:
        yield
    except BaseException:
        print("killed at", *kills, sep="\n  ")
        raise


def stop(daemon):
    """After the story: a clean stop, which may meet its fault too. Whether the daemon was killed by its fault."""
    if daemon.ready:
        with contextlib.suppress(ProcessLookupError):
            daemon.signal(signal.SIGTERM)
    return daemon.wait_exit() == -signal.SIGKILL


def check_after(home, owed):
    """A plain start in this home, the promise, a clean stop, the promise once more."""
    survivor = Daemon(home, SETTINGS)
    try:
        _, service = check_restart(survivor, owed)
        assert survivor.terminate() == 0
        check_at_rest(survivor.spool, [*owed, service])
    finally:
        survivor.finish()


def story_points(tmp_path):
    """The storage calls of an undisturbed story."""
    daemon = traced(tmp_path / "listing", SETTINGS)
    told, complete = run_story(daemon)
    stop(daemon)
    assert complete and daemon.process.returncode == 0
    check_at_rest(daemon.spool, told)
    return points(daemon.calls_log, daemon.home)


def crash(home, point):
    """The story, broken off at this point: what is owed, and whether it came to it."""
    victim = traced(home, SETTINGS, f"{point.call}:signal=KILL:when={point.when}")
    owed, _ = run_story(victim)
    return owed, stop(victim)


def sweep(listed, most_a_call):
    return thin(listed, most_a_call) if most_a_call else listed


def test_a_kill_at_any_storage_call_loses_nothing_acked(tmp_path):
    began = time.monotonic()
    listed = story_points(tmp_path)
    swept = sweep(listed, SWEEP)
    hits = 0
    for point in swept:
        home = tmp_path / f"{point.call}-{point.when}"
        owed, hit = crash(home, point)
        hits += hit
        with killed_at(point):
            check_after(home, owed)
        shutil.rmtree(home)
    took = time.monotonic() - began
    print(f"\nkilled at {hits} of {len(swept)} points taken from {len(listed)}, {took:.1f} s")
    assert hits > len(swept) * 0.8


def start_and_kill(daemon):
    """Whether its fault was quicker."""
    daemon.launch()
    wait_until(lambda: daemon.ready_file.exists() or not daemon.running(), "ready, or killed", 30)
    hit = not daemon.running()
    daemon.kill()
    return hit


def tear_the_tail(home):
    """As if the last write had come to the disk in part."""
    for segment in (home / "spool").glob("*.ndjson.open"):
        with open(segment, "ab") as file:
            file.write(b'{"ts":"torn')


def sweep_recovery(tmp_path, crashed, owed, first):
    shutil.copytree(crashed, tmp_path / "recovery-listing", symlinks=True)
    lister = traced(tmp_path / "recovery-listing", SETTINGS)
    start_and_kill(lister)
    swept = sweep(points(lister.calls_log, lister.home), SWEEP)
    shutil.rmtree(lister.home)
    hits = 0
    for point in swept:
        home = tmp_path / f"recovery-{point.call}-{point.when}"
        shutil.copytree(crashed, home, symlinks=True)
        victim = traced(home, SETTINGS, f"{point.call}:signal=KILL:when={point.when}")
        hits += start_and_kill(victim)
        with killed_at(first, point):
            check_after(home, owed)
        shutil.rmtree(home)
    return len(swept), hits


@pytest.mark.parametrize("torn", [False, True], ids=["as left", "torn tail"])
def test_a_kill_at_any_storage_call_of_recovery_loses_nothing_acked(tmp_path, torn):
    began = time.monotonic()
    firsts = spread(story_points(tmp_path), SWEEP_RECOVERY)
    swept = hits = 0
    for first in firsts:
        home = tmp_path / f"{first.call}-{first.when}"
        owed, _ = crash(home, first)
        if torn:
            tear_the_tail(home)
        more = sweep_recovery(tmp_path, home, owed, first)
        swept, hits = swept + more[0], hits + more[1]
        shutil.rmtree(home)
    took = time.monotonic() - began
    print(f"\nkilled at {hits} of {swept} points of recovery after {len(firsts)} crashes, {took:.1f} s")
    assert hits > swept * 0.8
