"""EIO and ENOSPC at each storage call of a session in turn: no false ack anywhere; a failed write or sync of the
segment ends the daemon with 74, a full disk is waited out, and whatever else fails does one or the other. The next
start finds all that was acked. CRAWLSPOOL_FAULTS sets how many points of each kind of call are taken (0: all)."""

import contextlib
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


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_no_failing_storage_call_makes_a_false_ack(tmp_path, error):
    began = time.monotonic()
    lister, owed, complete, code = tell_under(tmp_path / "listing")
    assert complete and code == 0
    check_at_rest(lister.spool, owed)
    listed = points(lister.calls_log, lister.home)
    if error == "ENOSPC":
        listed = [point for point in listed if point.call not in NEVER_FULL]
    swept = thin(listed, FAULTS) if FAULTS else listed
    hits = ended = 0
    for point in swept:
        home = tmp_path / f"{point.call}-{point.when}"
        daemon, owed, complete, code = tell_under(home, f"{point.call}:error={error}:when={point.when}")
        try:
            check_outcome(daemon, error, complete, code)
            check_after(daemon, owed)
        except BaseException:
            print(f"{error} at {point}: exit code {code}")
            raise
        hits += bool(injected(daemon.calls_log))
        ended += code == 74
        shutil.rmtree(home)
    took = time.monotonic() - began
    print(f"\n{error} at {hits} of {len(swept)} points taken from {len(listed)}, {took:.1f} s: "
          f"{ended} ended with 74, {len(swept) - ended} went on")
    assert hits > len(swept) * 0.8
