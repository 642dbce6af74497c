"""limits.memory_bytes_max bounds what the whole process holds: answers, rejects, decompressors and what the allocator
keeps count as well. Each flood here is the worst of its kind; beside it others are served."""

import pytest
import daemon as daemon_module
import zstd_frames
from exposition import scrape
from flood import Flood
from frames import ZSTD_BATCH, BATCH, frame
from waiting import wait_until

MIB = 1 << 20
LIMIT = 64 * MIB
BESIDE = 64 * MIB  # what the process may take beside it: OPERATIONS.md, "Sizing"
SETTINGS = {"limits.memory_bytes_max": "64MiB", "limits.connections_per_ip_max": "0", "io_threads": "2",
            "listen.lines": '["tcp://127.0.0.1:0"]'}
BAD_LINES = b"x\n" * 65536
LARGE = b'"' + b"x" * (16 * MIB - 2) + b'"'


def post(body):
    return (b"POST /v1/records HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n"
            % len(body)) + body


def wide_window():
    """31 MB of records that are unpacked by way of a window of 128 MiB."""
    digits = b"1" * 1000 + b"\n"
    pair = (zstd_frames.block(zstd_frames.RAW, len(digits), digits)
            + zstd_frames.block(zstd_frames.RLE, zstd_frames.BLOCK_BYTES_MAX, b"1"))
    return zstd_frames.frame_header(window_log=27) + pair * 240 + zstd_frames.block(zstd_frames.RAW, 1, b"\n", last=True)


def is_bounded(daemon):
    return daemon_module.is_sanitized() or daemon.memory_peak_bytes() <= LIMIT + BESIDE


def serves(daemon):
    client = daemon.connect(timeout=60)
    client.send_record(b"1")
    return client.wait_ack() == 1


def closes(daemon, reason):
    return scrape(daemon).labelled("crawlspool_connection_closes_total", "reason").get(reason, 0)


FLOODS = {
    "bad lines": ("stream", lambda: frame(BAD_LINES, BATCH), 40, True),
    "bad lines over HTTP": ("http", lambda: post(BAD_LINES), 40, True),
    "large records": ("stream", lambda: frame(LARGE), 30, True),
    "many tokens": ("stream", lambda: frame(b"[1" + b",1" * (8 * MIB - 2) + b"]"), 8, True),
    "large rejects": ("stream", lambda: frame(b"{" + LARGE[1:]), 20, True),
    "zstd windows": ("stream", lambda: frame(wide_window(), ZSTD_BATCH), 30, True),
    "large lines": ("lines", lambda: LARGE + b"\n", 30, True),
    "bad lines one by one": ("lines", lambda: BAD_LINES * 4, 40, True),
    "heads": ("http", lambda: b"POST /" + b"u" * 16000, 2000, True),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_stays_within_the_limit(start, name):
    kind, payload, connections, reads = FLOODS[name]
    daemon = start(SETTINGS)
    with Flood(daemon.address(kind), payload(), connections, reads=reads) as flood:
        wait_until(lambda: flood.ended + flood.sent >= connections or not is_bounded(daemon), "all is sent or refused", 60)
    assert is_bounded(daemon), f"{daemon.memory_peak_bytes() // MIB} MiB"
    assert serves(daemon)
    daemon.kill()  # what came whole would be taken in first, hundreds of megabytes of it


@pytest.mark.parametrize("kind, payload", [("http", post(BAD_LINES)), ("stream", frame(BAD_LINES, BATCH))],
                         ids=["http", "stream"])
def test_answers_that_nobody_reads_stay_within_the_limit_and_keep_nobody_out(start, kind, payload):
    daemon = start(SETTINGS)
    with Flood(daemon.address(kind), payload, 40, reads=False):
        if kind == "http":
            wait_until(lambda: closes(daemon, "slow_reader") > 0, "answers are dropped", 60)
        for _ in range(10):
            assert serves(daemon)
            assert is_bounded(daemon), f"{daemon.memory_peak_bytes() // MIB} MiB"
    daemon.kill()


def test_what_the_allocator_keeps_is_told(start):
    daemon = start()
    wait_until(lambda: scrape(daemon).value("crawlspool_memory_unaccounted_bytes") > 0 or daemon_module.is_sanitized(),
               "the process has been measured")
