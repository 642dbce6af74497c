"""Packed HTTP bodies: gzip and zstd, with the same limits on the wire and unpacked, and the same verdicts."""

import gzip
import zlib

import pytest

import zstd_frames
from daemon import is_sanitized

MIB = 1 << 20
SETTINGS = {"limits.record_bytes_max": "64KiB", "limits.batch_bytes_max": "1MiB", "limits.batch_records_max": "1000",
            "limits.memory_bytes_max": "16MiB"}
NDJSON = "application/x-ndjson"
PACK = {"gzip": gzip.compress, "zstd": zstd_frames.compress}
ENCODINGS = pytest.mark.parametrize("encoding", PACK)
LINES = b'{"a":1}\n\n{"b":}\r\n[3]\n'


def post(daemon, body, encoding, content_type=NDJSON):
    """(the answer, what is stored of it)."""
    with daemon.web() as web:
        response = web.post(body, content_type, Content_Encoding=encoding)
        return response, daemon.spool.records(peer=web.name, live=True)


def chunks(data, size):
    pieces = [data[begin:begin + size] for begin in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@ENCODINGS
def test_a_packed_batch_is_the_batch(shared, encoding):
    response, records = post(shared, PACK[encoding](LINES), encoding)
    assert response.status == 200
    answer = response.json()
    assert answer["accepted"] == 2
    assert [(reject["index"], reject["code"]) for reject in answer["rejected"]] == [(1, "invalid_json")]
    assert records == [b'{"a":1}', b"[3]"]


def test_skippable_frames_beside_zstd_frames_hold_nothing(shared):
    """As pzstd writes them in front of each frame, and a seekable file behind all."""
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
    table = b"\x5e\x2a\x4d\x18\x05\x00\x00\x00table"
    body = skippable + zstd_frames.compress(b"1\n2\n") + skippable + zstd_frames.compress(b"3\n") + table
    response, records = post(shared, body, "zstd")
    assert (response.status, records) == (200, [b"1", b"2", b"3"])


def test_a_window_that_is_too_large_is_told_as_what_it_is(shared):
    response, records = post(shared, b"\x28\xb5\x2f\xfd\x00\x90\x11\x00\x00\x31\n", "zstd")
    assert (response.status, response.error_code(), records) == (413, "body_too_large", [])
    assert "window is over 128 MiB" in response.json()["error"]["detail"]


@ENCODINGS
def test_an_empty_body_is_not_packed(shared, encoding):
    response, _ = post(shared, b"", encoding)
    assert (response.status, response.error_code()) == (400, "bad_batch")
    assert "empty" in response.json()["error"]["detail"]


@ENCODINGS
def test_a_packed_record_is_the_record(shared, encoding):
    response, records = post(shared, PACK[encoding](b'{"a":\n1}'), encoding, "application/json")
    assert (response.status, records) == (200, [b'{"a":1}'])
    response, records = post(shared, PACK[encoding](b'{"a":}'), encoding, "application/json")
    assert (response.status, response.error_code(), records) == (400, "invalid_json", [])


@ENCODINGS
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_it_may_come_in_chunks(shared, encoding, size):
    with shared.web() as web:
        for _ in range(2):
            web.send(b"POST /v1/records HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: %s\r\n"
                     b"Content-Encoding: %s\r\n\r\n" % (NDJSON.encode(), encoding.encode()))
            web.send(chunks(PACK[encoding](LINES), size))
            assert web.response().json()["accepted"] == 2
        assert shared.spool.records(peer=web.name, live=True) == [b'{"a":1}', b"[3]"] * 2


@pytest.mark.parametrize("encoding", ["GZIP", "Gzip", "ZSTD", "identity", "Identity"])
def test_names_of_encodings_have_no_case(shared, encoding):
    pack = PACK.get(encoding.lower(), bytes)
    assert post(shared, pack(b"1\n"), encoding)[0].json()["accepted"] == 1


@pytest.mark.parametrize("encoding", ["br", "deflate", "compress", "gzip, gzip", "gzip, zstd", "gzip;q=1", "gzi"])
def test_another_encoding_is_415(shared, encoding):
    response, records = post(shared, b"1\n", encoding)
    assert (response.status, records) == (415, [])
    assert response.error_code()


@ENCODINGS
def test_an_empty_batch_may_be_packed(shared, encoding):
    for content in (b"", b"\n\r\n"):
        response, _ = post(shared, PACK[encoding](content), encoding)
        assert (response.status, response.json()) == (200, {"accepted": 0, "rejected": []})


@ENCODINGS
def test_a_body_may_be_packed_in_parts(shared, encoding):
    pack = PACK[encoding]
    response, records = post(shared, pack(b'{"a":') + pack(b"") + pack(b"1}\n2"), encoding)
    assert (response.status, records) == (200, [b'{"a":1}', b"2"])


def broken():
    for encoding, pack in PACK.items():
        sound = pack(b"1\n2\n3\n" * 100)
        yield f"{encoding} no bytes", encoding, b""
        yield f"{encoding} plain text", encoding, b"1\n2\n"
        yield f"{encoding} cut off in the header", encoding, sound[:3]
        yield f"{encoding} cut off in the middle", encoding, sound[:len(sound) // 2]
        yield f"{encoding} cut off by a byte", encoding, sound[:-1]
        yield f"{encoding} bytes behind it", encoding, sound + b"1\n"
        yield f"{encoding} wrong at the end", encoding, sound[:-6] + bytes(6)
        yield f"{encoding} changed in the middle", encoding, (
            sound[:len(sound) // 2] + bytes([sound[len(sound) // 2] ^ 0xFF]) + sound[len(sound) // 2 + 1:])
        yield f"{encoding} is the other", encoding, PACK["gzip" if encoding == "zstd" else "zstd"](b"1\n")
    yield "zlib instead of gzip", "gzip", zlib.compress(b"1\n")


BROKEN = list(broken())


@pytest.mark.parametrize("encoding, body", [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_body_is_400_and_stores_nothing(shared, encoding, body):
    response, records = post(shared, body, encoding)
    assert (response.status, records) == (400, [])
    assert response.error_code()


@ENCODINGS
def test_the_limits_hold_for_what_is_unpacked(shared, encoding):
    pack = PACK[encoding]
    line = b"1" + b" " * (MIB // 1000 - 2) + b"\n"
    fits = line * 1000 + b"\n" * (MIB - 1000 * len(line))
    assert len(fits) == MIB
    response, records = post(shared, pack(fits), encoding)
    assert (response.status, len(records)) == (200, 1000)
    for over in (fits + b"\n", b"1\n" * 1001):
        response, records = post(shared, pack(over), encoding)
        assert (response.status, records) == (413, [])
        assert response.error_code()


@ENCODINGS
def test_a_line_over_the_record_limit_is_an_ordinary_reject(shared, encoding):
    big = b'"%s"' % (b"x" * (64 * 1024))
    response, records = post(shared, PACK[encoding](b"1\n%s\n3\n" % big), encoding)
    assert response.status == 200 and records == [b"1", b"3"]
    assert [(reject["index"], reject["code"]) for reject in response.json()["rejected"]] == [(1, "record_too_large")]


@ENCODINGS
def test_a_single_record_over_its_limit_is_413(shared, encoding):
    response, records = post(shared, PACK[encoding](b'"%s"' % (b"x" * (64 * 1024))), encoding, "application/json")
    assert (response.status, records) == (413, [])


@ENCODINGS
def test_a_body_over_the_limit_on_the_wire_is_413(shared, encoding):
    with shared.web() as web:
        web.request("POST", "/v1/records", headers={"Content-Type": NDJSON, "Content-Encoding": encoding,
                                                    "Content-Length": MIB + 1}, length=False)
        assert web.response().status == 413


BOMBS = {
    "gzip": lambda: gzip.compress(b"\n" * (100 * MIB), 9),
    "zstd": lambda: zstd_frames.bomb(b"\n", 1 << 30),
    "zstd told": lambda: zstd_frames.bomb(b"1", 1 << 30, content_size=1 << 30),
    "zstd lying": lambda: zstd_frames.bomb(b"1", 1 << 30, content_size=10),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_413_and_takes_no_memory(start, name):
    daemon = start(SETTINGS)
    assert daemon.post(b"1").status == 200
    before = daemon.memory_peak_bytes()
    bomb = BOMBS[name]()
    assert len(bomb) <= MIB
    for _ in range(5):
        response, records = post(daemon, bomb, name.split()[0])
        assert (response.status in (400, 413) if name == "zstd lying" else response.status == 413) and records == []
    assert is_sanitized() or daemon.memory_peak_bytes() < before + 32 * MIB
