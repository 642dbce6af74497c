"""`crawlspool send --session-file`: several runs under one session, whatever ended those before."""

import itertools
import os
import random
import signal

import pytest

from command import numbered, run, send
from sending import finish, lasting, lines, ndjson, start_send
from tools import strace_environment, strace_works
from waiting import seconds, wait_until


class Runs:
    """The same command again and again."""

    def __init__(self, daemon, directory):
        self.daemon = daemon
        self.input = directory / "items.ndjson"
        self.session_file = directory / "session"

    def arguments(self):
        return "--session-file", self.session_file, self.input

    def once(self, *more):
        return send(self.daemon, *more, *self.arguments())

    def assert_stored_once(self, records):
        stored = lines(self.daemon)
        assert [line["seq"] for line in stored] == list(range(1, len(records) + 1))
        assert self.daemon.spool.records() == records
        assert len({line["session"] for line in stored}) == 1


@pytest.fixture
def runs(start, tmp_path):
    return Runs(lasting(start()), tmp_path)


def test_a_second_run_sends_nothing(runs):
    ndjson(runs.input, [b"1", b"2"])
    assert runs.once().returncode == 0
    again = runs.once()
    assert again.returncode == 0
    assert b"0 records sent" in again.stderr
    runs.assert_stored_once([b"1", b"2"])
    assert oct(runs.session_file.stat().st_mode & 0o777) == "0o600"


def test_a_file_that_grows_is_sent_on(runs):
    ndjson(runs.input, [b"1", b"", b"2"])
    assert runs.once().returncode == 0
    with open(runs.input, "ab") as file:
        file.write(b"\n3\n?\n")
    result = runs.once()
    assert result.returncode == 1
    assert f"{runs.input}:6: invalid_json".encode() in result.stderr
    with open(runs.input, "ab") as file:
        file.write(b"5\n")
    assert runs.once().returncode == 0
    assert [(line["seq"], line["record"]) for line in lines(runs.daemon)] == [(1, 1), (2, 2), (3, 3), (5, 5)]


def test_a_last_line_that_is_not_whole_waits_for_its_end(runs):
    runs.input.write_bytes(b'1\n{"a":')
    result = runs.once()
    assert result.returncode == 1
    assert f"{runs.input}:2: not sent".encode() in result.stderr
    with open(runs.input, "ab") as file:
        file.write(b'2}\n{"b":3}')
    assert runs.once().returncode == 0
    runs.assert_stored_once([b"1", b'{"a":2}', b'{"b":3}'])


def test_a_killed_run_is_gone_on_with(runs):
    records = numbered(0, 200_000)
    ndjson(runs.input, records)
    process = start_send(runs.daemon, *runs.arguments())
    wait_until(lambda: runs.daemon.status()["records"] > 0, "the first records are taken in")
    process.kill()
    process.communicate()
    result = runs.once()
    assert result.returncode == 0, result.stderr
    runs.assert_stored_once(records)


def killed_at(call, when, daemon, *arguments):
    """Whether the command came to its call number `when`, and died there."""
    wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
               "-e", f"inject={call}:signal=KILL:when={when}"]
    code, _ = finish(start_send(daemon, *arguments, wrapper=wrapper, env=strace_environment()))
    return code in (-signal.SIGKILL, 128 + signal.SIGKILL)


@pytest.mark.skipif(not strace_works(), reason="strace cannot inject faults here")
@pytest.mark.parametrize("call", ["openat", "flock", "write", "fsync", "rename", "sendto", "recvfrom",
                                  "close"])
def test_a_run_killed_at_any_call_is_gone_on_with(start, tmp_path, call):
    daemon = start({"limits.record_bytes_max": "1KiB"})
    expected = []
    for when in itertools.count(1):
        (tmp_path / str(when)).mkdir()
        runs = Runs(daemon, tmp_path / str(when))
        records = [b'{"when":%d,"n":%d}' % (when, n) for n in range(20)]
        ndjson(runs.input, [*records[:10], b'"%s"' % (b"x" * 2000), *records[10:]])
        was_killed = killed_at(call, when, daemon, *runs.arguments())
        assert runs.once().returncode in (0, 1)  # the large record may have been reported by the run before
        expected += records
        if not was_killed:
            break
        assert when < 1000
    assert daemon.spool.records() == expected
    assert [line["seq"] for line in lines(daemon)] == [*range(1, 11), *range(12, 22)] * when


@pytest.mark.parametrize("seed", range(3))
def test_whatever_dies_each_record_is_stored_once(runs, seed):
    """The input grows, and now the command and now the daemon is killed, wherever they are."""
    random_numbers = random.Random(seed)
    records = []
    for _ in range(12):
        more = numbered(len(records), len(records) + random_numbers.randrange(1, 30_000), pad=30)
        records += more
        with open(runs.input, "ab") as file:
            file.write(b"".join(record + b"\n" for record in more))
        process = start_send(runs.daemon, *random_numbers.choice([[], ["--zstd"]]), *runs.arguments())
        wanted = runs.daemon.status()["records"] + random_numbers.randrange(len(more))
        wait_until(lambda: runs.daemon.status()["records"] >= wanted or process.poll() is not None, "it is under way")
        if random_numbers.random() < 0.5:
            process.kill()
        else:
            runs.daemon.kill()
            runs.daemon.start()
        process.communicate(timeout=seconds(60))
    result = runs.once()
    assert result.returncode == 0, result.stderr
    runs.assert_stored_once(records)


def test_the_session_file_belongs_to_one_process(runs):
    ndjson(runs.input, [b"1"])
    runs.daemon.signal(signal.SIGSTOP)
    first = start_send(runs.daemon, *runs.arguments())
    try:
        wait_until(lambda: runs.session_file.exists() and runs.session_file.stat().st_size, "the first has begun")
        second = runs.once()
        assert second.returncode == 1
        assert str(runs.session_file).encode() in second.stderr and b"in use" in second.stderr
    finally:
        runs.daemon.signal(signal.SIGCONT)
    assert finish(first)[0] == 0
    runs.assert_stored_once([b"1"])


def test_another_input_is_refused_and_both_are_named(runs, tmp_path):
    ndjson(runs.input, [b"1", b"2"])
    assert runs.once().returncode == 0
    other = ndjson(tmp_path / "other", [b"1", b"3"])
    result = send(runs.daemon, "--session-file", runs.session_file, other)
    assert result.returncode == 1
    assert str(runs.session_file).encode() in result.stderr and str(other).encode() in result.stderr
    with open(runs.input, "r+b") as file:
        file.write(b"3")
    changed = runs.once()
    assert changed.returncode == 1
    assert b"changed" in changed.stderr
    runs.assert_stored_once([b"1", b"2"])


def test_a_copy_is_gone_on_with(runs, tmp_path):
    """The same bytes under another device, inode and name: what was sent decides."""
    ndjson(runs.input, [b"1", b"2"])
    assert runs.once().returncode == 0
    copy = ndjson(tmp_path / "copy", [b"1", b"2", b"3"])
    result = send(runs.daemon, "--session-file", runs.session_file, copy)
    assert result.returncode == 0, result.stderr
    assert b"1 record sent" in result.stderr
    runs.assert_stored_once([b"1", b"2", b"3"])


def test_another_spool_gets_nothing_that_may_be_in_the_first(runs, start):
    """The first one dies with records that it may have stored."""
    ndjson(runs.input, [b"1", b"2"])
    runs.daemon.signal(signal.SIGSTOP)
    process = start_send(runs.daemon, *runs.arguments())
    wait_until(lambda: runs.session_file.exists() and runs.session_file.stat().st_size, "it has begun")
    process.kill()
    process.communicate()
    runs.daemon.signal(signal.SIGCONT)
    second = start(name="second")
    result = send(second, *runs.arguments())
    assert result.returncode == 1
    assert b"another address" in result.stderr
    assert second.spool.records() == []
    assert runs.once().returncode == 0
    runs.assert_stored_once([b"1", b"2"])


def test_a_run_that_nobody_answered_may_go_to_another_address(runs):
    ndjson(runs.input, [b"1"])
    assert run("send", "--server", "tcp://127.0.0.1:1", *runs.arguments()).returncode == 1
    assert runs.once().returncode == 0
    runs.assert_stored_once([b"1"])


def test_a_pipe_cannot_be_gone_on_with(runs, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for files in (["-"], [], [tmp_path / "fifo"], [ndjson(tmp_path / "a", []), ndjson(tmp_path / "b", [])]):
        result = send(runs.daemon, "--session-file", runs.session_file, *files, stdin=b"1\n")
        assert result.returncode == 64, files
        assert b"--session-file" in result.stderr
