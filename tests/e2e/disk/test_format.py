"""FORMAT.md says enough to write a reader from: one of forty lines reads what the daemon wrote."""

import shutil
import subprocess
import sys

import pytest

import format_reader
from daemon import CRAWLSPOOL
from waiting import wait_until

SETTINGS = {"spool.segment_bytes_max": "4KiB", "spool.compression": "zstd"}


@pytest.mark.skipif(shutil.which("zstd") is None, reason="the zstd command is not installed")
def test_a_short_reader_reads_compressed_sealed_and_active_segments(start):
    daemon = start(SETTINGS)
    directory = daemon.spool.directory
    records = [b'{"n":%d,"text":"%s"}' % (n, b"x" * (n % 90)) for n in range(1, 301)]
    with daemon.connect() as client:
        for begin in range(0, len(records), 20):
            client.send_records(records[begin:begin + 20])
            client.wait_ack()
    assert len(format_reader.segments(directory)) > 5
    wait_until(lambda: not list(directory.glob("0*.ndjson")), "all sealed segments are compressed")
    read = subprocess.run([sys.executable, format_reader.__file__, str(directory)], capture_output=True, check=True)
    printed = subprocess.run([CRAWLSPOOL, "cat", "--spool", str(directory)], capture_output=True, check=True)
    assert read.stderr == b""
    assert read.stdout == printed.stdout
    assert [line.split(b',"record":', 1)[1][:-20] for line in read.stdout.splitlines()] == records


def test_a_position_is_the_number_of_bytes_before_the_line(start):
    daemon = start(SETTINGS)
    with daemon.connect() as client:
        for n in range(1, 101):
            client.send_record(b'{"n":%d}' % n)
            client.wait_ack()
    position = 0
    for found, line in format_reader.lines(daemon.spool.directory):
        assert found == position
        position += len(line) + 1
    assert position == daemon.status()["spool"]["position"]
