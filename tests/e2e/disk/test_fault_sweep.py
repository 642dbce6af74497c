"""EIO and ENOSPC at each storage call of a session in turn, and at each of a recovery: no false ack anywhere; a failed
write or sync of the segment ends the daemon with 74, a full disk is waited out, and whatever else fails does one or the
other. The next start finds all that was acked. CRAWLSPOOL_FAULTS sets how many points of each kind of call are taken
(0: all)."""

import contextlib
import dataclasses
import json
import os
import re
import signal
import time

import pytest

from daemon import Daemon
from storage_calls import injected, list_points, thin, traced
from story import SETTINGS, run_story, wait_until_compressed
from sweep import check_after, copy_home, ended_after, list_story, tell_to_the_end, told_on_failure
from tools import strace_works
from waiting import SLOWDOWN, wait_until

FAULTS = int(os.environ.get("CRAWLSPOOL_FAULTS", "2" if SLOWDOWN == 1 else "1"))
KEPT = re.compile(r"\d+<[^<>]*(\.ndjson\.open|/durable)>")  # what may not fail unnoticed
WRITING = {"write", "writev", "pwrite64", "pwritev", "pwritev2", "fdatasync", "fsync"}
NEVER_FULL = {"close", "unlink", "unlinkat"}  # need no room


@pytest.fixture(autouse=True)
def needs_strace():
    if not strace_works():
        pytest.skip("strace cannot inject faults here")


class Tally:
    """What came of the points."""

    def __init__(self):
        self.began = time.monotonic()
        self.swept = self.hits = self.ended = 0

    def add(self, daemon, code):
        self.swept += 1
        self.hits += bool(injected(daemon.calls_log))
        self.ended += code == 74

    def conclude(self, what):
        took = time.monotonic() - self.began
        print(f"\n{what}: hit at {self.hits} of {self.swept} points in {took:.1f} s: {self.ended} ended with 74, "
              f"{self.swept - self.ended} went on, 0 false acks")
        assert self.hits > self.swept * 0.8


def check_outcome(daemon, error, complete, code):
    """Ended with 74 and an error in the log, or went on as if nothing had been."""
    assert code in (0, 74), f"exit code {code}"
    assert complete or code == 74, "broke off, and ended with 0"
    if code == 74:
        assert any(event["level"] == "error" for event in daemon.events()) or not daemon.ready, daemon.log()
    for call, arguments in injected(daemon.calls_log):
        if error == "EIO" and call in WRITING and KEPT.match(arguments):
            assert code == 74, f"went on after a failed {call}: {arguments}"
        if error == "ENOSPC" and call in ("pwritev", "fdatasync") and ".ndjson.open>" in arguments and not complete:
            assert not daemon.ready, f"a full disk at {call} was not waited out"


def sweep_points(listed, error):
    return thin([point for point in listed if error != "ENOSPC" or point.call not in NEVER_FULL], FAULTS)


@pytest.mark.parametrize("error, lasting", [("EIO", ""), ("EIO", "+"), ("ENOSPC", "")],
                         ids=["EIO", "EIO for good", "ENOSPC"])
def test_no_failing_storage_call_makes_a_false_ack(tmp_path, error, lasting):
    tally = Tally()
    for point in sweep_points(list_story(tmp_path / "listing"), error):
        with told_on_failure(f"{error}{lasting} at", point):
            from_here = dataclasses.replace(point, when=f"{point.when}{lasting}")
            daemon = traced(tmp_path / point.home_name, SETTINGS, from_here, f"error={error}")
            owed, complete, code = tell_to_the_end(daemon)
            check_outcome(daemon, error, complete, code)
            check_after(daemon.home, owed)
            tally.add(daemon, code)
    tally.conclude(f"{error}{' for good' if lasting else ''}")


def crashed_spool(home):
    """A story that ended in SIGKILL and in a torn tail, so that recovery has all of its work to do."""
    daemon = Daemon(home, SETTINGS)
    try:
        owed, complete = run_story(daemon)
    finally:
        daemon.kill()
    assert complete
    with open(daemon.spool.open_segment(), "ab") as segment:
        segment.write(b'{"ts":"torn')
    return owed


def start_and_stop(daemon):
    """A start and, where it gets that far, a clean stop: the exit code."""
    with ended_after(daemon):
        daemon.launch()
        wait_until(lambda: daemon.ready_file.exists() or not daemon.running(), "ready, or ended at the start", 30)
        wait_until_compressed(daemon)
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            daemon.ready = json.loads(daemon.ready_file.read_text(encoding="utf-8"))
            daemon.signal(signal.SIGTERM)
        return daemon.wait_exit()


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_no_failing_storage_call_of_recovery_loses_what_was_acked(tmp_path, error):
    crashed = tmp_path / "crashed"
    owed = crashed_spool(crashed)
    lister = traced(copy_home(crashed, "listing"), SETTINGS)
    assert start_and_stop(lister) == 0
    tally = Tally()
    for point in sweep_points(list_points(lister), error):
        with told_on_failure(f"{error} at", point):
            daemon = traced(copy_home(crashed, point.home_name), SETTINGS, point, f"error={error}")
            code = start_and_stop(daemon)
            check_outcome(daemon, error, True, code)
            check_after(daemon.home, owed)
            tally.add(daemon, code)
    tally.conclude(f"{error} in recovery")
