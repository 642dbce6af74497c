"""What ends a connection: reserved types, lengths over a limit, other protocols. What came before is settled first."""

import pickle
import struct

import pytest

from frames import BYE, PING, PONG, frame, frames, header

SETTINGS = {"limits.record_bytes_max": "1MiB"}

FOREIGN = [
    (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "http"), (b"POST /v1/records HTTP/1.1\r\n", "http"), (b"PUT /", "http"),
    (b"HEAD / HTTP/1.0\r\n\r\n", "http"), (b"DELETE /x", "http"), (b"OPTIONS *", "http"), (b"PATCH /", "http"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "tls"), (b"\x16\x03\x03\x00\x7a\x01", "tls"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "ssh"), (b"*1\r\n$4\r\nPING\r\n", "resp"),
    (b'{"url":"https://example.org/"}\n', "length"), (b"[1,2,3]\n", "length"),
    (struct.pack("<I", 9) + b'{"a":123}', "little"),
    (frame(pickle.dumps({"msg": "log", "levelno": 20}, protocol=1)), "pickle"),
    (frame(pickle.dumps({"msg": "log", "levelno": 20}, protocol=4)), "pickle"),
]


@pytest.mark.parametrize("kind", range(7, 16))
def test_a_reserved_type_ends_the_connection(shared, kind):
    client = shared.connect()
    client.send(frames([b"1", b"2"]) + frame(b"{}", kind) + frames([b"3"]))
    client.wait_ack(2)
    client.expect_error("unknown_frame_type")
    assert shared.spool.records(peer=client.name, live=True) == [b"1", b"2"]


@pytest.mark.parametrize("length", [(1 << 20) + 1, 1 << 27, (1 << 28) - 1])
def test_a_length_over_the_limit_is_refused_off_the_header_alone(shared, length):
    client = shared.connect()
    client.send_records([b"1", b"?", b"3"])
    client.send(header(length))
    client.wait_ack(3)
    assert client.expect_error("frame_too_large")["seq"] == 4


def test_a_record_of_exactly_the_limit_passes(shared):
    client = shared.connect()
    client.send_record(b'"%s"' % (b"x" * ((1 << 20) - 2)))
    assert client.wait_ack() == 1


@pytest.mark.parametrize("kind", [PING, PONG])
def test_heartbeats_hold_at_most_256_bytes(shared, kind):
    client = shared.connect()
    client.send(frame(b'"%s"' % (b"p" * 255), kind))
    client.expect_error("frame_too_large")


def test_a_ping_that_is_not_json_is_a_bad_frame(shared):
    client = shared.connect()
    client.send(frame(b"{oops", PING))
    client.expect_error("bad_frame")


def test_bye_carries_nothing(shared):
    client = shared.connect()
    client.send(frame(b"x", BYE))
    assert client.until("error")["code"] in ("bad_frame", "frame_too_large")
    client.expect_end()


@pytest.mark.parametrize("opening, name", FOREIGN, ids=[f"{name}-{i}" for i, (_, name) in enumerate(FOREIGN)])
def test_another_protocol_is_told_by_name(shared, opening, name):
    client = shared.connect()
    client.send(opening)
    error = client.expect_error("wrong_protocol")
    assert name in error["detail"].lower()
    assert not shared.spool.records(peer=client.name, live=True)


@pytest.mark.parametrize("opening", [b"GET ", b"POST", b"\x16\x03\x01\x02", b"SSH-", b"*1\r\n", b'{"ur', b"[1,2"])
def test_four_bytes_are_enough_to_know_another_protocol(shared, opening):
    client = shared.connect()
    client.send(opening)
    client.expect_error("wrong_protocol")


def test_the_verdict_reaches_a_client_that_goes_on_sending(shared):
    client = shared.connect()
    client.send(frame(b"", 9) + b"x" * (1 << 20))
    client.expect_error("unknown_frame_type")


def test_others_are_served_on_while_one_is_refused(shared):
    other = shared.connect()
    for opening, _ in FOREIGN:
        client = shared.connect()
        client.send(opening)
        client.expect_error("wrong_protocol")
        other.send_record(b"1")
        other.wait_ack()
