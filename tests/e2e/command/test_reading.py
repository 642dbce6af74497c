"""cat and tail over all a daemon makes of its segments: active, sealed, compressed, removed."""

import pytest

from command import Reader, numbered, restart, run, send_records
from waiting import wait_until

SMALL_SEGMENTS = {"spool.segment_bytes_max": "64KiB", "spool.compression": "zstd"}
RECORDS = numbered(0, 4000)


@pytest.fixture
def rotated(start):
    """A daemon with compressed segments and an active one."""
    daemon = start(SMALL_SEGMENTS)
    send_records(daemon, RECORDS)
    wait_until(lambda: all(path.suffix != ".ndjson" for _, path in daemon.spool.segments()), "all is compressed")
    return daemon


def test_cat_reads_compressed_segments_as_one_row(rotated):
    result = run("cat", "--records", "--spool", rotated.spool.directory)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.split(b"\n")[:-1] == RECORDS


def test_cat_and_tail_begin_anywhere(rotated):
    lines = rotated.spool.lines(live=True)
    for line in lines[:: len(lines) // 7]:
        result = run("cat", "--from", line.position, "--since", line.ts, "--spool", rotated.spool.directory)
        assert result.returncode == 0, result.stderr
        expected = [later for later in lines if later.position >= line.position and later.ts >= line.ts]
        assert result.stdout.count(b"\n") == len(expected)
        assert result.stdout.split(b"\n")[0].find(line.record) > 0
    last = run("tail", "-n", "1500", "--records", "--spool", rotated.spool.directory)
    assert last.stdout.split(b"\n")[:-1] == RECORDS[-1500:]


def test_since_tells_what_is_new(rotated):
    for since, expected in (("1h", RECORDS), ("2000-01-01", RECORDS), ("9000-01-01", [])):
        for command in ("cat", "tail"):
            result = run(command, "--records", "--since", since, "--spool", rotated.spool.directory)
            assert (result.returncode, result.stdout.split(b"\n")[:-1]) == (0, expected)


def test_tail_follows_through_rotation_compression_removal_and_restarts(start, tmp_path):
    daemon = start({**SMALL_SEGMENTS, "spool.retention_bytes_max": "256KiB"})
    records = numbered(0, 12000)
    with Reader(tmp_path / "tail.out", "tail", "-f", "--records", "--cursor", "tail", "--spool",
                daemon.spool.directory) as tail:
        for begin in range(0, len(records), 4000):
            send_records(daemon, records[begin:begin + 4000])
            restart(daemon)
        wait_until(lambda: len(tail.lines()) >= len(records), "everything is there", 30)
        assert tail.lines() == records
        assert tail.terminate() == 0
    wait_until(lambda: daemon.spool.segments()[0][0] > 0, "what was read is removed")
