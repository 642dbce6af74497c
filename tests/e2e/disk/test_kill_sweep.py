"""SIGKILL at each storage call of a session in turn, and at each of the recovery after it: only such calls change the
disk, so this is a crash at any instruction. CRAWLSPOOL_SWEEP sets how many points of each kind of call are taken (0:
all), CRAWLSPOOL_SWEEP_RECOVERY after how many such crashes recovery is swept too."""

import os
import shutil
import signal
import time

import pytest

from storage_calls import list_points, spread, thin, traced
from story import SETTINGS, wait_until_compressed
from sweep import check_after, copy_home, ended_after, list_story, tell_to_the_end, told_on_failure
from tools import strace_works
from waiting import SLOWDOWN, wait_until

FEW = "2" if SLOWDOWN == 1 else "1"
SWEEP = int(os.environ.get("CRAWLSPOOL_SWEEP", FEW))
SWEEP_RECOVERY = int(os.environ.get("CRAWLSPOOL_SWEEP_RECOVERY", FEW))


@pytest.fixture(autouse=True)
def needs_strace():
    if not strace_works():
        pytest.skip("strace cannot inject faults here")


def crash(home, point):
    """The story, broken off at this point: what is owed, and whether it came to it."""
    owed, _, code = tell_to_the_end(traced(home, SETTINGS, point, "signal=KILL"))
    return owed, code == -signal.SIGKILL


def test_a_kill_at_any_storage_call_loses_nothing_acked(tmp_path):
    began = time.monotonic()
    listed = list_story(tmp_path / "listing")
    swept = thin(listed, SWEEP)
    hits = 0
    for point in swept:
        with told_on_failure("killed at", point):
            owed, hit = crash(tmp_path / point.home_name, point)
            check_after(tmp_path / point.home_name, owed)
        hits += hit
    took = time.monotonic() - began
    print(f"\nkilled at {hits} of {len(swept)} points taken from {len(listed)}, {took:.1f} s")
    assert hits > len(swept) * 0.8


def start_and_kill(daemon):
    """Whether its fault was quicker."""
    with ended_after(daemon):
        daemon.launch()
        wait_until(lambda: daemon.ready_file.exists() or not daemon.running(), "ready, or killed", 30)
        wait_until_compressed(daemon)
        return not daemon.running()


def tear_the_tail(home):
    """As if the last write had come to the disk in part."""
    for segment in (home / "spool").glob("*.ndjson.open"):
        with open(segment, "ab") as file:
            file.write(b'{"ts":"torn')


def sweep_recovery(crashed, owed, first):
    """How many kills there were, and how many of them hit."""
    lister = traced(copy_home(crashed, "recovery-listing"), SETTINGS)
    start_and_kill(lister)
    swept = thin(list_points(lister), SWEEP)
    shutil.rmtree(lister.home)
    hits = 0
    for point in swept:
        with told_on_failure("killed at", first, point):
            home = copy_home(crashed, f"recovery-{point.home_name}")
            hits += start_and_kill(traced(home, SETTINGS, point, "signal=KILL"))
            check_after(home, owed)
    return len(swept), hits


@pytest.mark.parametrize("torn", [False, True], ids=["as left", "torn tail"])
def test_a_kill_at_any_storage_call_of_recovery_loses_nothing_acked(tmp_path, torn):
    began = time.monotonic()
    firsts = spread(list_story(tmp_path / "listing"), SWEEP_RECOVERY)
    swept = hits = 0
    for first in firsts:
        home = tmp_path / first.home_name
        owed, _ = crash(home, first)
        if torn:
            tear_the_tail(home)
        kills, hit = sweep_recovery(home, owed, first)
        swept, hits = swept + kills, hits + hit
        shutil.rmtree(home)
    took = time.monotonic() - began
    print(f"\nkilled at {hits} of {swept} points of recovery after {len(firsts)} crashes, {took:.1f} s")
    assert hits > swept * 0.8
