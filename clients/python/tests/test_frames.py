"""Frames against PROTOCOL.md's examples, the same that the daemon's code is held to."""

import json

import protocol_examples
import pytest
from crawlspool import frames
from crawlspool.compression import find_compress, is_worth_it

LINES = [(example.title, line) for example in protocol_examples.stream_examples() for stage in example.stages
         for line in stage]
SERVER_LINES = [line.data for _, line in LINES if line.who == "S"]
CLIENT_FRAMES = [line.data for title, line in LINES
                 if line.who == "C" and int.from_bytes(line.data[:4], "big") & frames.LENGTH_MAX == len(line.data) - 4]


def test_the_document_has_examples():
    assert len(SERVER_LINES) > 40 and len(CLIENT_FRAMES) > 40


@pytest.mark.parametrize("data", sorted(set(CLIENT_FRAMES)), ids=lambda data: repr(data[:40]))
def test_a_frame_is_written_as_the_document_shows(data):
    assert frames.frame(data[4:], data[0] >> 4) == data


@pytest.mark.parametrize("data", sorted(set(SERVER_LINES)), ids=lambda data: repr(data[:40]))
def test_a_message_is_read_at_every_split(data):
    ((key, value),) = json.loads(data[4:]).items()
    for split in range(len(data) + 1):
        reader = frames.MessageReader()
        assert [*reader.feed(data[:split]), *reader.feed(data[split:])] == [(key, value)]


def test_messages_that_come_in_one_go_are_read_in_order():
    reader = frames.MessageReader()
    read = [key for key, _ in reader.feed(b"".join(SERVER_LINES) + b"\x00\x00")]
    assert read == [next(iter(json.loads(data[4:]))) for data in SERVER_LINES]


@pytest.mark.parametrize("data", [b"HTTP/1.1 400 Bad Request\r\n", b"\x00\x01\x00\x01", b"\x00\x00\x00\x02[]",
                                  b"\x00\x00\x00\x02{}", b"\x00\x00\x00\x03{]}"])
def test_another_protocol_is_told(data):
    with pytest.raises(frames.ProtocolError):
        list(frames.MessageReader().feed(data))


def test_a_batch_is_the_documents():
    shown = b'{"a":1}\n{"b":2}'
    assert frames.join_batch([b'{"a":1}', b'{"b":2}']) == shown


@pytest.mark.parametrize("payloads", [[b""], [b"1", b""], [b"", b"1"], [b"1", b"", b"2"], [b"\r"], [b"1\r"],
                                      [b"1\r", b"2"], [b"[1,\n2]"], [b"1", b"\n"], [b"\n1"], [b"1\n"]])
def test_records_that_a_batch_would_change_do_not_travel_in_one(payloads):
    assert frames.join_batch(payloads) == b""


@pytest.mark.parametrize("payloads", [[b"1"], [b" "], [b"\r1", b"2"], [b"1", b" ", b'"\\n"']])
def test_others_do(payloads):
    assert frames.join_batch(payloads) == b"\n".join(payloads)


def test_zstd_decompresses_a_compressed_batch():
    compress = find_compress()
    if compress is None:
        pytest.skip("this Python has no zstd: python3-zstandard is not installed")
    import zstandard
    content = b'{"a":1}\n' * 1000
    compressed = compress(content)
    assert compressed[:4] == bytes.fromhex("28b52ffd")
    assert zstandard.ZstdDecompressor().decompress(compressed) == content


def test_a_batch_over_the_servers_ratio_goes_uncompressed():
    assert is_worth_it(1 << 20, 10)
    assert not is_worth_it((1 << 20) + 1, 1000)
    assert is_worth_it((1 << 20) + 1, 1100)
    assert not is_worth_it(10, 10)
