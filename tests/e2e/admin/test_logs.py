"""The log: one event a line, in printable text, whatever peers send."""

import json
import re
import time

import pytest

from daemon import parse_logfmt
from frames import frame

NASTY = [b"\x1b[31mred\r\nevent=forged\x00", "\u202eevil\u2028".encode(), b"\xff\xfe\x80", b'a="b" c=\\', b"\x7f\x9b"]
ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")


def provoke(daemon):
    """Connections of all kinds, good, bad and hostile."""
    client = daemon.connect()
    client.send_records([b"1", *NASTY, b""])
    client.wait_ack()
    client.close()
    for text in NASTY:
        hostile = daemon.connect()
        hostile.send(b"GET /" + text + b" HTTP/1.1\r\nHost: " + text + b"\r\n\r\n")
        hostile.expect_error("wrong_protocol")
        hostile = daemon.connect()
        hostile.send(frame(text, 11))
        hostile.expect_error("unknown_frame_type")
        for address in ("http", "admin"):
            daemon.connect_raw(address, b"GET /" + text + b" HTTP/1.1\r\nHost: " + text + b"\r\n\r\n")
    daemon.post(b"?")
    daemon.status()


def lines_of(daemon):
    assert daemon.terminate() == 0
    data = daemon.log_file.read_bytes()
    assert data.endswith(b"\n")
    for raw in data[:-1].split(b"\n"):
        text = raw.decode("utf-8")
        assert text.isprintable(), f"control bytes in the log: {raw!r}"
        assert not {"\u2028", "\u2029", "\u202e"} & set(text), raw
        yield text


def check_events(events):
    events = list(events)
    words = [event["event"] for event in events]
    for event in events:
        assert ISO_TIME.fullmatch(event["ts"]) and event["level"] in ("debug", "info", "warn", "error"), event
        assert re.fullmatch(r"[a-z][a-z0-9_]*", event["event"]), event
    assert "forged" not in words
    assert words[-1] == "stopped" and "draining" in words
    closes = [event for event in events if event["event"] == "conn_close"]
    assert {"unknown_frame_type", "wrong_protocol"} <= {event["reason"] for event in closes}
    for event in closes:
        assert {"conn", "peer", "reason", "records", "bytes", "age_ms"} <= event.keys(), event
    return closes


@pytest.mark.parametrize("level", ["info", "debug"])
def test_logfmt_is_one_printable_event_a_line(start, level):
    daemon = start({"log.level": level})
    provoke(daemon)
    check_events(parse_logfmt(line) for line in lines_of(daemon))


def test_json_logs_are_one_object_a_line(start):
    daemon = start({"log.format": "json", "log.level": "debug"})
    provoke(daemon)
    closes = check_events(json.loads(line) for line in lines_of(daemon))
    assert all(isinstance(event["conn"], int) for event in closes)


def test_payload_bytes_never_reach_the_log(start):
    daemon = start({"log.level": "debug"})
    client = daemon.connect()
    client.send_records([b'"very-secret-payload"', b"very-secret-garbage", b'{"very-secret-key":}'])
    client.wait_ack()
    daemon.post(b"very-secret-garbage")
    assert "very-secret" not in "".join(lines_of(daemon))


def test_a_close_tells_what_the_connection_did(start):
    daemon = start()
    client = daemon.connect()
    client.send_records([b"1", b"2", b"?"])
    client.half_close()
    client.wait_ack()
    client.expect_goodbye("bye")
    event = daemon.wait_event("conn_close", peer=client.name)
    assert (event["reason"], int(event["records"])) in (("bye", 2), ("bye", 3))
    assert int(event["bytes"]) > 0 and int(event["age_ms"]) >= 0
    opened = daemon.events("conn_open", conn=event["conn"])
    assert not opened or opened[0]["peer"] == client.name


def test_a_public_address_is_warned_of_once(start):
    daemon = start({"listen.stream": '["tcp://0.0.0.0:0"]', "log.level": "warn"})
    assert daemon.wait_event("public_bind")["level"] == "warn"
    daemon.terminate()
    assert len(daemon.events("public_bind")) == 1


def test_loopback_is_not_warned_of(start):
    assert not start().events("public_bind")


def test_a_flood_of_bad_peers_is_not_a_flood_of_warnings(start):
    daemon = start({"log.level": "warn"})
    began = time.monotonic()
    for _ in range(300):
        client = daemon.connect()
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        client.expect_error("wrong_protocol")
        client.close()
    assert len(daemon.events()) < 100 + 40 * (time.monotonic() - began)


def test_the_last_summary_tells_rates_lag_and_room(start):
    daemon = start()
    client = daemon.connect()
    client.send_records([b'"%s"' % (b"x" * 1000)] * 100 + [b"?"])
    client.wait_ack()
    daemon.terminate()
    summary = daemon.events("summary")[-1]
    assert float(summary["records_per_s"]) > 0 and float(summary["mb_per_s"]) > 0
    assert float(summary["rejects_per_s"]) > 0 and summary["rejects"] == "1" and summary["records"] == "100"
    assert summary["lag_bytes"] == "0" and int(summary["free_bytes"]) > 0 and float(summary["ack_p99_ms"]) > 0


def test_what_was_suppressed_is_told_at_the_latest_with_the_summary(start):
    daemon = start()
    client = daemon.connect()
    client.send_records([b"?"] * 100)
    client.wait_ack()
    daemon.terminate()
    told = [int(event.get("suppressed", 0)) for event in daemon.events()
            if "record_rejected" in (event["event"], event.get("word"))]
    passed = len(daemon.events("record_rejected"))
    assert passed < 100 and passed + sum(told) == 100
