"""repair with the real programs: what it repairs, the next start takes as its own."""

import pytest

from command import numbered, run, send_records
from test_verify import ROTATING, flip, verify
from waiting import wait_until

RECORDS = numbered(0, 2500)


def repair(daemon, *more):
    return run("repair", *more, "--spool", daemon.spool.directory, timeout=60)


@pytest.fixture
def daemon(start):
    daemon = start(ROTATING)
    send_records(daemon, RECORDS[:-100])
    wait_until(lambda: all(path.suffix != ".ndjson" for _, path in daemon.spool.segments()), "all is compressed")
    send_records(daemon, RECORDS[-100:])
    return daemon


def contents(directory):
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*")
            if path.is_file() and not path.is_symlink() and path.name != "LOCK"}


def test_a_running_daemons_spool_is_not_touched(daemon):
    (daemon.spool.directory / "00000000000000000000.idx.json").unlink()
    result = repair(daemon, "--apply")
    assert result.returncode == 1
    assert str(daemon.pid).encode() in result.stderr
    assert not (daemon.spool.directory / "00000000000000000000.idx.json").exists()


def test_a_sound_spool_needs_nothing(daemon):
    daemon.terminate()
    before = contents(daemon.spool.directory)
    assert repair(daemon).returncode == 0
    assert repair(daemon, "--apply").returncode == 0
    assert contents(daemon.spool.directory) == before


def test_a_daemon_goes_on_with_what_was_repaired(daemon):
    daemon.terminate()
    directory = daemon.spool.directory
    lines = daemon.spool.lines()
    compressed = directory / "00000000000000000000.ndjson.zst"
    active = daemon.spool.open_segment()
    flip(compressed, compressed.stat().st_size // 2)
    flip(active, active.stat().st_size // 2)
    flip(directory / "sessions.previous.ndjson", 20)
    flip(directory / "durable", 5, 0x80)
    flip(directory / "00000000000000000000.idx.json", 20)
    result = verify(daemon)
    assert result.returncode == 2
    damaged = contents(directory)
    said = repair(daemon)
    assert said.returncode == 2 and contents(directory) == damaged
    done = repair(daemon, "--apply")
    assert done.returncode == 0, done.stdout + done.stderr
    assert said.stdout.count(b"to do") == done.stdout.count(b"done  ") == 5, done.stdout
    result = verify(daemon)
    assert result.returncode == 0, result.stdout

    daemon.start()
    assert not daemon.events("recovery_damaged") and not daemon.events("recovery_truncated")
    send_records(daemon, numbered(2500, 2600))
    left = run("cat", "--records", "--spool", directory).stdout.split(b"\n")[:-1]
    lost = [record for record in RECORDS if record not in left]
    assert left == [record for record in [*RECORDS, *numbered(2500, 2600)] if record not in lost]
    assert 2 <= len(lost) < len(RECORDS)
    daemon.terminate()
    after = {line.position: line.record for line in daemon.spool.lines(skip_damage=True)}
    assert all(after[line.position] == line.record for line in lines if line.record not in lost)
    assert verify(daemon).returncode == 0
