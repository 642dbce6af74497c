"""Started without standard input, output or error (`<&- >&- 2>&-`): no file of the spool or of the sender gets one of
their numbers, so that nothing that is printed is written into it."""

import itertools
import os
import subprocess

import pytest

from command import server
from daemon import CRAWLSPOOL, clean_environment
from sending import ndjson

CLOSINGS = ["".join(which) for count in (1, 2, 3) for which in itertools.combinations("012", count)]


def without(which):
    """A shell that starts what follows with these descriptors closed."""
    closed = " ".join(f"{fd}>&-" for fd in which)
    return ["sh", "-c", f'exec "$@" {closed}', "sh"]


@pytest.mark.parametrize("which", CLOSINGS)
def test_no_file_of_the_daemon_gets_a_standard_descriptor(start, which):
    daemon = start(wrapper=without(which))
    opened = {fd: os.readlink(f"/proc/{daemon.pid}/fd/{fd}") for fd in map(int, os.listdir(f"/proc/{daemon.pid}/fd"))}
    for fd in map(int, which):
        assert opened[fd] == "/dev/null", opened
    for name in ("LOCK", "durable"):
        places = [fd for fd, path in opened.items() if path == str(daemon.spool.directory / name)]
        assert not {0, 1, 2} & set(places), (name, opened)


def test_log_lines_do_not_get_into_the_spool(start):
    daemon = start({"log.level": "debug"}, wrapper=without("012"))
    with daemon.connect() as client:
        client.send_records([b"1", b"{bad"])
        client.wait_ack()
    assert daemon.terminate() == 0
    for path in daemon.spool.directory.rglob("*"):
        if path.is_file():
            assert b"event=" not in path.read_bytes(), path
    daemon.start()
    assert daemon.spool.records() == [b"1"]


@pytest.mark.parametrize("which", CLOSINGS)
def test_the_summary_is_not_written_into_the_session_file(start, tmp_path, which):
    daemon = start()
    items = ndjson(tmp_path / "items.ndjson", [b"1", b"{bad", b"2"])
    session_file = tmp_path / "session"
    arguments = ["send", "--server", server(daemon), "--session-file", session_file, items]
    for _ in range(2):
        subprocess.run([*without(which), CRAWLSPOOL, *map(str, arguments)], check=False, timeout=30,
                       env=clean_environment())
        assert b"records" not in session_file.read_bytes()
    assert items.read_bytes() == b"1\n{bad\n2\n"
    assert daemon.spool.records() == [b"1", b"2"]


def test_lost_output_is_not_taken_for_written(start):
    daemon = start()
    with daemon.connect() as client:
        client.send_record(b"1")
        client.wait_ack()
    result = subprocess.run([*without("1"), CRAWLSPOOL, "cat", "--spool", str(daemon.spool.directory)], check=False,
                            stderr=subprocess.PIPE, timeout=30, env=clean_environment())
    assert result.returncode == 1 and b"standard output" in result.stderr, result
