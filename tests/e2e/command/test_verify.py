"""verify with the real programs: beside a daemon that works, and on what was damaged."""

import pytest

import compressed
import writers as load
from command import Reader, numbered, run, send_records
from waiting import SLOWDOWN, wait_until

ROTATING = {"spool.segment_bytes_max": "64KiB", "spool.compression": "zstd"}


def verify(daemon):
    return run("verify", "--spool", daemon.spool.directory, timeout=240)


@pytest.mark.parametrize("retention", ["0", "512KiB"])
def test_beside_a_daemon_at_work_it_is_sound(start, tmp_path, retention):
    daemon = start({**ROTATING, "spool.retention_bytes_max": retention})
    writers = load.start_writers(daemon, "verified")
    with Reader(tmp_path / "out", "tail", "-f", "--cursor", "reader", "--spool", daemon.spool.directory):
        for goal in range(2000, 20001, int(2000 * SLOWDOWN)):  # the more comes meanwhile, the more the next one reads
            load.wait_for_acks(writers, goal)
            result = verify(daemon)
            assert result.returncode == 0, result.stdout + result.stderr
    daemon.terminate()
    load.join(writers)
    assert verify(daemon).returncode == 0


@pytest.fixture
def stopped(start):
    """A daemon that has left compressed segments and an active one."""
    daemon = start(ROTATING)
    send_records(daemon, numbered(0, 2500))
    wait_until(lambda: all(path.suffix != ".ndjson" for _, path in daemon.spool.segments()), "all is compressed")
    send_records(daemon, numbered(2500, 2600))
    assert daemon.terminate() == 0
    return daemon


def flip(path, offset, mask=1):
    data = bytearray(path.read_bytes())
    data[offset] ^= mask
    path.write_bytes(data)
    return bytes(data)


def test_damage_is_named_wherever_it_lies(stopped):
    assert verify(stopped).returncode == 0
    lines = stopped.spool.lines()
    directory = stopped.spool.directory
    for name in ("durable", "sessions.ndjson", "sessions.previous.ndjson", "spool.json", "00000000000000000000.idx.json"):
        sound = (directory / name).read_bytes()
        flip(directory / name, 3)
        result = verify(stopped)
        assert result.returncode == 2 and name.encode() in result.stdout, result.stdout
        (directory / name).write_bytes(sound)
    segment = stopped.spool.open_segment()
    begin = int(segment.name[:20])
    damaged = [line for line in lines if line.position >= begin][1]
    flip(segment, damaged.position - begin + 10)
    result = verify(stopped)
    assert result.returncode == 2
    assert b"position %d: %d bytes damaged" % (damaged.position, damaged.length) in result.stdout


def test_what_other_programs_refuse_of_a_compressed_segment_is_damage(stopped):
    """The other way round it may be stricter: libzstd looks at less than the index says."""
    path = stopped.spool.directory / "00000000000000000000.ndjson.zst"
    sound = path.read_bytes()
    content = compressed.decompress(sound)
    for offset in [*range(24), *range(24, len(sound), len(sound) // 24), len(sound) - 1]:
        data = flip(path, offset, 1 << offset % 8)
        try:
            is_same = compressed.decompress(data) == content
        except AssertionError:
            is_same = False
        result = verify(stopped)
        assert result.returncode == 0 if is_same else result.returncode == 2, (offset, result.stdout)
        path.write_bytes(sound)
