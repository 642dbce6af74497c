"""The service's SystemCallFilter= lets through what the daemon needs: every system call of a life with load, reloads,
compression and a stop is looked up in the filter as systemd resolves it."""

import re
import shutil
import signal
import subprocess

import pytest

from command import numbered, run, server
from daemon import ROOT, is_sanitized
from service_manager import NotifySocket, watchdog
from tools import strace_environment, strace_works
from waiting import wait_until

CALL = re.compile(r"^\d+ +(?:<\.\.\. )?(\w+)(?:\(| resumed)")


def resolve(group):
    """The calls of a group, and of the groups in it."""
    lines = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    names = [line.strip() for line in lines[1:] if line.strip() and not line.strip().startswith("#")]
    return {call for name in names for call in (resolve(name) if name.startswith("@") else {name})}


def allowed():
    calls = set()
    text = (ROOT / "systemd/crawlspoold.service").read_text(encoding="utf-8")
    for line in re.findall(r"^SystemCallFilter=(.*)$", text, re.MULTILINE):
        named = {call for name in line.lstrip("~").split()
                 for call in (resolve(name) if name.startswith("@") else {name})}
        calls = calls - named if line.startswith("~") else calls | named
    return calls


def live(daemon, manager, tmp_path):
    """A bit of everything."""
    items = tmp_path / "items.ndjson"
    items.write_bytes(b"\n".join(numbered(0, 5000)) + b"\n?\n")
    run("send", "--server", server(daemon), "--zstd", items)
    assert daemon.post(b"1").status == 200
    daemon.admin("/metrics"), daemon.admin("/readyz")
    wait_until(lambda: daemon.status()["spool"]["segments_compressed"] > 0, "a segment is compressed", 60)
    daemon.signal(signal.SIGHUP)
    manager.wait("RELOADING")
    manager.wait("WATCHDOG", count=2)
    assert daemon.terminate() == 0


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")
def test_the_filter_lets_everything_through_that_the_daemon_does(start, tmp_path):
    if not strace_works() or is_sanitized():
        pytest.skip("no strace here, or calls that are a sanitizer's")
    manager = NotifySocket(tmp_path / "notify")
    log = tmp_path / "calls"
    daemon = start({"spool.segment_bytes_max": "64KiB", "spool.compression": "zstd", "io_threads": "2"},
                   wrapper=["strace", "-f", "-qq", "-o", str(log)],
                   env={**strace_environment(), **manager.environment(**watchdog(1))})
    live(daemon, manager, tmp_path)
    used = {match[1] for line in log.read_text(encoding="utf-8", errors="replace").splitlines()
            if (match := CALL.match(line))}
    assert {"fdatasync", "accept4", "epoll_wait", "setpriority"} <= used, sorted(used)
    print(len(used), "system calls:", *sorted(used))
    assert not used - allowed()
    manager.close()
