"""RLIMIT_AS: a daemon that gets no memory says so, names the limit, ends with 74, and keeps what it has acked."""

import subprocess

import pytest

import address_space
from command import server
from daemon import CRAWLSPOOL, Daemon, clean_environment
from frames import header
from waiting import wait_until

MIB = 1 << 20


def limited(mib):
    return ["prlimit", f"--as={mib * MIB}", "--"]


@pytest.mark.parametrize("mib", [24, 32, 40, 48, 56, 64, 72, 80, 96, 112, 128, 160, 192, 256])
def test_a_start_with_little_memory_works_or_says_why_not(tmp_path, mib):
    address_space.skip_where_it_cannot_be_bounded()
    daemon = Daemon(tmp_path / "daemon", {"io_threads": "2"}, wrapper=limited(mib)).launch()
    try:
        wait_until(lambda: daemon.ready_file.exists() or not daemon.running(), "it is ready or has ended")
        if daemon.running():
            daemon.process.terminate()
            assert daemon.wait_exit() in (0, 74)
        else:
            assert daemon.wait_exit() == 74, daemon.log()
        if daemon.process.returncode == 74:
            assert "RLIMIT_AS" in daemon.log() or "cannot start a thread" in daemon.log(), daemon.log()
    finally:
        daemon.kill()


def test_a_daemon_that_runs_out_of_memory_says_so_and_keeps_what_it_has_acked(start):
    daemon = start({"limits.memory_bytes_max": "4GiB", "limits.batch_bytes_max": "64MiB"})
    honest = daemon.connect()
    honest.send_records([b'{"n":%d}' % n for n in range(1000)])
    honest.wait_ack()
    address_space.bound(daemon.pid, 16 * MIB)
    greedy = [daemon.connect(timeout=2) for _ in range(8)]
    for client in greedy:
        try:
            client.send(header(60 * MIB, 2) + bytes(8 * MIB))
        except (OSError, AssertionError):
            break
    assert daemon.wait_exit() == 74
    (said,) = daemon.events("out_of_memory")
    assert "RLIMIT_AS" in said["detail"] and "limits.memory_bytes_max" in said["detail"] and said["exit"] == "74"
    acked = honest.acked
    daemon.start()
    assert len(daemon.spool.records()) >= acked == 1000


def test_the_command_says_so_too(start, tmp_path):
    address_space.skip_where_it_cannot_be_bounded()
    daemon = start()
    items = tmp_path / "items.ndjson"
    items.write_bytes(b'"' + b"x" * (200 * MIB) + b'"\n')
    result = subprocess.run([*limited(100), CRAWLSPOOL, "send", "--server", server(daemon), str(items)], check=False,
                            stderr=subprocess.PIPE, timeout=60, env=clean_environment())
    assert result.returncode == 1 and b"RLIMIT_AS" in result.stderr, result
