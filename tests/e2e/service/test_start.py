"""A start reads what came since the last snapshot, not the backlog."""

import pathlib
import zlib

from spool import make_line

SEGMENT_BYTES = 256 << 20
SEGMENTS = 80  # 20 GiB
READ_BYTES_MAX = 32 << 20  # libraries, configuration, the ends of segments


def with_trailer(text):
    return b'%s,"crc32":"%08x"}\n' % (text, zlib.crc32(text))


def add_backlog(spool):
    """Sealed segments, holes but for their last lines, the active one behind them, and the snapshot of a clean stop."""
    end = SEGMENTS * SEGMENT_BYTES
    spool_id = (spool.directory / "spool.json").read_text(encoding="ascii").split('"id":"')[1][:32]
    spool.open_segment().rename(spool.directory / f"{end:020d}.ndjson.open")
    for number in range(SEGMENTS):
        tail = b"\n" + make_line(b'{"n":%d}' % number, seq=number + 1)
        with open(spool.directory / f"{number * SEGMENT_BYTES:020d}.ndjson", "wb") as segment:
            segment.seek(SEGMENT_BYTES - len(tail))
            segment.write(tail)
    used = b"2026-11-20T04:05:06.123456Z"
    head = b'{"position":%d,"spool":"%s","created":"%s","sessions":1' % (end, spool_id.encode(), used)
    session = b'{"session":"5f3a9c1204be77d0","client":"worker-7","last_seq":4711,"used":"%s"' % used
    (spool.directory / "sessions.ndjson").write_bytes(with_trailer(head) + with_trailer(session))
    (spool.directory / "durable").write_text(f"{end:020d}", encoding="ascii")
    return end


def bytes_read(pid):
    return int(pathlib.Path(f"/proc/{pid}/io").read_text(encoding="ascii").split()[1])


def test_a_start_does_not_read_the_backlog(start):
    daemon = start()
    assert daemon.terminate() == 0
    end = add_backlog(daemon.spool)
    daemon.start()
    recovered = daemon.wait_event("recovered")
    assert (int(recovered["read_from"]), int(recovered["lines"]), int(recovered["sessions"])) == (end, 0, 1)
    assert bytes_read(daemon.pid) < READ_BYTES_MAX
    assert daemon.status()["spool"]["position"] == end
    assert daemon.status()["spool"]["segments"] == SEGMENTS + 1
    with daemon.connect() as client:
        client.send_record(b'{"after":"the backlog"}')
        client.wait_ack()


def test_after_a_crash_only_what_came_since_the_snapshot_is_read(start):
    daemon = start()
    with daemon.connect() as client:
        client.send_records([b'{"n":%d}' % n for n in range(500)])
        client.wait_ack()
    assert daemon.terminate() == 0  # leaves a snapshot
    daemon.start()
    end = daemon.status()["spool"]["position"]
    with daemon.connect() as client:
        client.send_records([b'{"n":%d}' % n for n in range(3)])
        client.wait_ack()
    daemon.kill()
    daemon.start()
    recovered = daemon.wait_event("recovered")
    assert (int(recovered["read_from"]), int(recovered["lines"])) == (end, 3)
