"""Batches, plain and packed by zstd: many records in one frame, numbered and judged one by one; what is wrong with the
frame itself costs the whole batch and the connection."""

import pytest

import zstd_frames
from frames import BATCH, BYE, PING, ZSTD_BATCH, frame, frames, header

SETTINGS = {"limits.record_bytes_max": "64KiB", "limits.batch_bytes_max": "1MiB", "limits.batch_records_max": "1000"}
MIB = 1 << 20
KINDS = pytest.mark.parametrize("kind", [BATCH, ZSTD_BATCH], ids=["plain", "zstd"])

LINES = [  # a batch, its good records, the numbers of its rejected ones
    (b"1\n2\n3\n", [b"1", b"2", b"3"], []),
    (b"1\n2\n3", [b"1", b"2", b"3"], []),
    (b"\n1\n\n\n2\n\n", [b"1", b"2"], []),
    (b"1\r\n\r\n2\r\n\r\n", [b"1", b"2"], []),
    (b"1\n\r", [b"1"], []),
    (b"1\n2\r", [b"1", b"2"], []),
    (b"\r\r\n1\n", [b"1"], [1]),
    (b" \n1\n\t\n", [b"1"], [1, 3]),
    (b" 1 \r\n", [b" 1 "], []),
    (b"[1,\r2]\r\n", [b"[1,2]"], []),
    (b"1\n{\n3\n", [b"1", b"3"], [2]),
    (b'{"a":\n1}\n', [], [1, 2]),
    (b"?", [], [1]),
    (b"1 2\n3\n", [b"3"], [1]),
    (b"1\x002\n3\n", [b"3"], [1]),
    ('"\u2028\u2029\x85"\n2\n'.encode(), ['"\u2028\u2029\x85"'.encode(), b"2"], []),
]


def pack(kind, content):
    return zstd_frames.compress(content) if kind == ZSTD_BATCH else content


def batch(kind, content):
    return frame(pack(kind, content), kind)


def stored(daemon, client):
    return [(line.seq, line.record) for line in daemon.spool.lines(peer=client.name, live=True)]


def settle(client, count):
    """Waits for this many records; a pong behind them proves that no more were counted."""
    client.wait_ack(count)
    client.ping()
    assert client.acked == count


# Records


@KINDS
@pytest.mark.parametrize("content, good, bad", LINES, ids=[repr(content)[2:24] for content, _, _ in LINES])
def test_each_line_that_is_not_blank_takes_a_number_and_gets_its_own_verdict(shared, kind, content, good, bad):
    client = shared.connect()
    client.send(batch(kind, content))
    count = len(good) + len(bad)
    settle(client, count)
    assert sorted(client.rejects) == bad
    numbers = [number for number in range(1, count + 1) if number not in bad]
    assert stored(shared, client) == list(zip(numbers, good))


@KINDS
def test_frames_and_batches_are_numbered_in_one_row(shared, kind):
    client = shared.connect()
    client.send(frames([b"1", b"?"]) + batch(kind, b"3\n4\n?\n") + frames([b"6"]) + batch(BATCH, b"7\n")
                + batch(ZSTD_BATCH, b"?\n9\n"))
    settle(client, 9)
    assert client.rejects.keys() == {2, 5, 8}
    assert stored(shared, client) == [(number, b"%d" % number) for number in (1, 3, 4, 6, 7, 9)]


@KINDS
@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\n\r\n", b"\r"])
def test_a_batch_without_records_is_legal_and_brings_no_ack(shared, kind, content):
    client = shared.connect()
    client.send(batch(kind, content) + frame(b"1", PING))
    assert client.receive() == {"pong": 1}
    client.send(batch(kind, content) + frames([b"1"]) + batch(kind, content))
    settle(client, 1)
    client.send(frame(b"", BYE))
    client.expect_goodbye("bye")


@KINDS
def test_a_line_over_the_record_limit_is_an_ordinary_reject(shared, kind):
    fits, over = b'"%s"' % (b"x" * (64 * 1024 - 2)), b'"%s"' % (b"x" * (64 * 1024 - 1))
    client = shared.connect()
    client.send(batch(kind, b"\n".join([b"1", over, fits, over + b"\r", fits + b"\r", b"6"])))
    settle(client, 6)
    assert {number: reject["code"] for number, reject in client.rejects.items()} == {
        2: "record_too_large", 4: "record_too_large"}
    assert stored(shared, client) == [(1, b"1"), (3, fits), (5, fits), (6, b"6")]


@KINDS
def test_rejects_of_a_batch_are_kept_with_their_numbers(shared, kind):
    client = shared.connect()
    client.send(frames([b"1"]) + batch(kind, b'2\n{"a":\xff}\n\n[\n5\r\n'))
    settle(client, 5)
    lines = shared.spool.rejected(peer=client.name)
    assert [(line["seq"], line["code"], line["raw"]) for line in lines] == [
        (3, client.rejects[3]["code"], b'{"a":\xff}'), (4, client.rejects[4]["code"], b"[")]


@KINDS
def test_a_thousand_bad_lines_are_told_one_by_one_and_harm_no_good_one(shared, kind):
    client = shared.connect()
    client.send(batch(kind, b"".join(b"%d\n" % n if n % 2 else b"%d,\n" % n for n in range(1, 1001))))
    settle(client, 1000)
    assert client.rejects.keys() == set(range(2, 1001, 2))
    assert stored(shared, client) == [(n, b"%d" % n) for n in range(1, 1001, 2)]


@KINDS
def test_a_batch_of_exactly_the_limits_passes(shared, kind):
    client = shared.connect()
    line = b"%4d" + b" " * (MIB // 1000 - 6) + b"\n"
    content = b"".join(line % number for number in range(1, 1001))
    content += b"\n" * (MIB - len(content))
    assert len(content) == MIB
    client.send(batch(kind, content))
    settle(client, 1000)
    assert not client.rejects


def test_zstd_content_may_be_of_unknown_size_and_without_checksum(shared):
    client = shared.connect()
    client.send(frame(zstd_frames.compress(b"1\n2\n", content_size=False, checksum=False), ZSTD_BATCH))
    client.send(frame(zstd_frames.raw(b"3\n"), ZSTD_BATCH))
    client.send(frame(zstd_frames.raw(b"4\n", content_size=2, window_log=10), ZSTD_BATCH))
    settle(client, 4)


def test_ordinary_repetition_is_no_bomb(shared):
    client = shared.connect()
    page = b'{"url":"https://example.org/item","status":200,"body":"%s"}\n' % (b"<p>out of stock</p>" * 40)
    client.send(batch(ZSTD_BATCH, page * 1000))
    settle(client, 1000)


@pytest.mark.parametrize("level", [1, 9, 19])
def test_every_level_of_compression_is_read(shared, level):
    content = b"".join(b'{"n":%d,"text":"%x"}\n' % (n, n * 0x9E3779B97F4A7C15) for n in range(900))
    client = shared.connect()
    client.send(frame(zstd_frames.compress(content, level=level), ZSTD_BATCH))
    settle(client, 900)
    assert b"\n".join(record for _, record in stored(shared, client)) + b"\n" == content


# What is wrong with a batch as a whole

SOUND = zstd_frames.compress(b"3\n4\n5\n" * 100)


def flip(data, index):
    changed = bytearray(data)
    changed[index] ^= 0x10
    return bytes(changed)


BAD_BATCHES = {
    "plain, too many records": frame(b"1\n" * 1001, BATCH),
    "zstd, too many records": batch(ZSTD_BATCH, b"1\n" * 1001),
    "no bytes": frame(b"", ZSTD_BATCH),
    "not zstd": frame(b"1\n2\n3\n", ZSTD_BATCH),
    "gzip": frame(b"\x1f\x8b\x08\x00" + bytes(20), ZSTD_BATCH),
    "magic only": frame(SOUND[:4], ZSTD_BATCH),
    "cut off in the header": frame(SOUND[:6], ZSTD_BATCH),
    "cut off in the middle": frame(SOUND[:len(SOUND) // 2], ZSTD_BATCH),
    "cut off by a byte": frame(SOUND[:-1], ZSTD_BATCH),
    "without its checksum": frame(SOUND[:-4], ZSTD_BATCH),
    "a wrong checksum": frame(flip(SOUND, -1), ZSTD_BATCH),
    "a changed byte": frame(flip(SOUND, len(SOUND) // 2), ZSTD_BATCH),
    "a byte behind it": frame(SOUND + b"\n", ZSTD_BATCH),
    "two frames": frame(SOUND + SOUND, ZSTD_BATCH),
    "an empty frame behind it": frame(SOUND + zstd_frames.compress(b""), ZSTD_BATCH),
    "a skippable frame before it": frame(zstd_frames.skippable(b"x") + SOUND, ZSTD_BATCH),
    "a skippable frame behind it": frame(SOUND + zstd_frames.skippable(), ZSTD_BATCH),
    "a skippable frame only": frame(zstd_frames.skippable(b"1\n2\n"), ZSTD_BATCH),
    "a dictionary": frame(zstd_frames.raw(b"1\n", dictionary=7), ZSTD_BATCH),
    "more than its header says": frame(zstd_frames.raw(b"1\n2\n", content_size=2), ZSTD_BATCH),
    "less than its header says": frame(zstd_frames.raw(b"1\n2\n", content_size=6), ZSTD_BATCH),
    "a header that claims too much": frame(zstd_frames.raw(b"1\n", content_size=MIB + 1), ZSTD_BATCH),
    "a header that claims 2^60": frame(zstd_frames.raw(b"1\n", content_size=1 << 60), ZSTD_BATCH),
    "a byte too much, told": batch(ZSTD_BATCH, bytes(range(1, 10)) * (MIB // 9) + b"1" * (MIB % 9 + 1)),
    "a byte too much, untold": frame(zstd_frames.compress(b"\n" * (MIB + 1), content_size=False), ZSTD_BATCH),
    "a bomb": frame(zstd_frames.bomb(b"\n", 64 * MIB), ZSTD_BATCH),
}


@pytest.mark.parametrize("case", BAD_BATCHES.values(), ids=BAD_BATCHES.keys())
def test_a_bad_batch_stores_nothing_names_its_first_number_and_ends_the_connection(shared, case):
    client = shared.connect()
    client.send(frames([b'"before"']) + batch(BATCH, b'"and"\n') + case + frames([b'"behind"']))
    client.wait_ack(2)
    assert client.expect_error("bad_batch")["seq"] == 3
    assert client.acked == 2 and not client.rejects
    assert stored(shared, client) == [(1, b'"before"'), (2, b'"and"')]
    client.close()
    assert shared.wait_event("conn_close", peer=client.name)["reason"] == "bad_batch"


@KINDS
def test_a_batch_over_the_limit_on_the_wire_is_refused_off_its_header(shared, kind):
    client = shared.connect()
    client.send(frames([b"1"]) + header(MIB + 1, kind))
    client.wait_ack(1)
    assert client.expect_error("frame_too_large")["seq"] == 2


@pytest.mark.parametrize("cut", [1, 3, 4, 5, 20, -1])
@KINDS
def test_a_batch_cut_off_by_the_end_of_the_connection_stores_nothing(shared, kind, cut):
    client = shared.connect()
    client.send(frames([b"1"]) + batch(kind, b"2\n" * 100)[:cut])
    client.half_close()
    client.wait_ack(1)
    client.expect_goodbye("bye")
    assert stored(shared, client) == [(1, b"1")]


def test_others_are_served_on_beside_bad_batches(shared):
    other = shared.connect()
    for case in BAD_BATCHES.values():
        client = shared.connect()
        client.send(case)
        client.expect_error("bad_batch")
        other.send_record(b"1")
        other.wait_ack()
