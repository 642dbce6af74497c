"""EIO and ENOSPC at each storage call of a session in turn: no false ack anywhere; a failed write or sync of the
segment ends the daemon with 74, a full disk is waited out, and whatever else fails does one or the other. The next
start finds all that was acked. CRAWLSPOOL_FAULTS sets how many points of each kind of call are taken (0: all)."""

import contextlib
import json
import os
import re
import shutil
import signal
import time

import pytest

from daemon import Daemon
from invariant import check_at_rest, check_restart
from storage_calls import injected, points, thin, traced
from story import SETTINGS, run_story
from tools import strace_works
from waiting import wait_until

FAULTS = int(os.environ.get("CRAWLSPOOL_FAULTS", "3"))
KEPT = re.compile(r"\d+<[^<>]*(\.ndjson\.open|/durable)>")  # what may not fail unnoticed
WRITING = {"write", "writev", "pwrite64", "pwritev", "pwritev2", "fdatasync", "fsync"}
# What has no room to need, or whose failure the kernel never reports so.
NEVER_FULL = {"close", "unlink", "unlinkat"}


@pytest.fixture(autouse=True)
def needs_strace():
    if not strace_works():
        pytest.skip("strace cannot inject faults here")


def tell_under(home, injection=None):
    """The story with this fault: the daemon, what is owed, whether all of it was told, and the exit code."""
    daemon = traced(home, SETTINGS, injection)
    owed, complete = run_story(daemon)
    if daemon.ready:
        with contextlib.suppress(ProcessLookupError):
            daemon.signal(signal.SIGTERM)
    try:
        return daemon, owed, complete, daemon.wait_exit()
    finally:
        daemon.kill()


def check_after(daemon, owed):
    survivor = Daemon(daemon.home, SETTINGS)
    try:
        _, service = check_restart(survivor, owed)
        assert survivor.terminate() == 0
        check_at_rest(survivor.spool, [*owed, service])
    finally:
        survivor.finish()


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


def sweep_points(listed, error, lasting=""):
    if error == "ENOSPC":
        listed = [point for point in listed if point.call not in NEVER_FULL]
    if lasting:  # other threads meet it too, and nothing starts without openat
        listed = [point for point in listed if point.call in WRITING]
    return thin(listed, FAULTS) if FAULTS else listed


def story_points(tmp_path):
    lister, owed, complete, code = tell_under(tmp_path / "listing")
    assert complete and code == 0
    check_at_rest(lister.spool, owed)
    return points(lister.calls_log, lister.home)


class Tally:
    """What came of the points; one failure names its point."""

    def __init__(self):
        self.began = time.monotonic()
        self.swept = self.hits = self.ended = 0

    @contextlib.contextmanager
    def at(self, error, point):
        try:
            yield
        except BaseException:
            print(f"{error} at {point}")
            raise

    def add(self, daemon, code):
        self.swept += 1
        self.hits += bool(injected(daemon.calls_log))
        self.ended += code == 74
        shutil.rmtree(daemon.home)

    def conclude(self, what):
        took = time.monotonic() - self.began
        print(f"\n{what}: hit at {self.hits} of {self.swept} points in {took:.1f} s: {self.ended} ended with 74, "
              f"{self.swept - self.ended} went on, 0 false acks")
        assert self.hits > self.swept * 0.8


@pytest.mark.parametrize("error, lasting", [("EIO", ""), ("EIO", "+"), ("ENOSPC", "")],
                         ids=["EIO", "EIO for good", "ENOSPC"])
def test_no_failing_storage_call_makes_a_false_ack(tmp_path, error, lasting):
    tally = Tally()
    for point in sweep_points(story_points(tmp_path), error, lasting):
        with tally.at(error, point):
            home = tmp_path / f"{point.call}-{point.when}"
            daemon, owed, complete, code = tell_under(home, f"{point.call}:error={error}:when={point.when}{lasting}")
            check_outcome(daemon, error, complete, code)
            check_after(daemon, owed)
            tally.add(daemon, code)
    tally.conclude(f"{error}{' for good' if lasting else ''}")


def crashed_spool(home):
    """A story that ended in SIGKILL and in a torn tail, so that recovery has all of its work to do."""
    daemon = Daemon(home, SETTINGS)
    owed, complete = run_story(daemon)
    daemon.kill()
    assert complete
    with open(daemon.spool.open_segment(), "ab") as segment:
        segment.write(b'{"ts":"torn')
    return owed


def recover_under(home, injection=None):
    """A start with this fault and, where it gets that far, a clean stop: the daemon and the exit code."""
    daemon = traced(home, SETTINGS, injection).launch()
    wait_until(lambda: daemon.ready_file.exists() or not daemon.running(), "ready, or ended at the start", 30)
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        daemon.ready = json.loads(daemon.ready_file.read_text(encoding="utf-8"))
        daemon.signal(signal.SIGTERM)
    try:
        return daemon, daemon.wait_exit()
    finally:
        daemon.kill()


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_no_failing_storage_call_of_recovery_loses_what_was_acked(tmp_path, error):
    owed = crashed_spool(tmp_path / "crashed")

    def copy(name):
        return shutil.copytree(tmp_path / "crashed", tmp_path / name, symlinks=True)

    lister, code = recover_under(copy("recovery-listing"))
    assert code == 0
    tally = Tally()
    for point in sweep_points(points(lister.calls_log, lister.home), error):
        with tally.at(error, point):
            daemon, code = recover_under(copy(f"recovery-{point.call}-{point.when}"),
                                         f"{point.call}:error={error}:when={point.when}")
            check_outcome(daemon, error, True, code)
            check_after(daemon, owed)
            tally.add(daemon, code)
    tally.conclude(f"{error} in recovery")
