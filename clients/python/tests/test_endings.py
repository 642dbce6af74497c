"""How connections end, in words or in silence, and what comes of it, without a network."""

import json

import pytest
from conversation import Conversation
from crawlspool import frames


@pytest.mark.parametrize("code", ["wrong_protocol", "bad_hello", "bad_frame", "unknown_frame_type"])
def test_what_no_retry_mends_is_told(code):
    one = Conversation()
    one.connect()
    one.hear("error", {"code": code, "detail": "why"})
    refusal = one.engine.end(one.now).refusal
    assert refusal.code == code and "why" in str(refusal)


@pytest.mark.parametrize("code", ["frame_timeout", "spool_failed", "too_many_connections", "too_many_sessions"])
def test_what_time_mends_is_tried_again(code):
    one = Conversation()
    one.put(b"1")
    one.connect()
    one.sent()
    one.hear("error", {"code": code, "detail": "why", "seq": 1})
    assert one.engine.over
    one.connect()
    assert not one.ended.refusal
    assert one.sent() == [b"1"] and one.told() == []


def test_a_frame_timeout_does_not_blame_the_record():
    one = Conversation()
    one.put(b"[\n1]")
    for _ in range(3):
        one.connect()
        assert one.sent() == [b"[\n1]"]
        one.hear("error", {"code": "frame_timeout", "detail": "why", "seq": 1})


def test_a_draining_server_says_when_to_come_back():
    one = Conversation()
    one.connect()
    one.hear("goodbye", {"reason": "draining", "detail": "d", "reconnect_after_ms": 4008})
    assert one.engine.over.retry_seconds == 4.008


def test_a_ping_is_answered():
    one = Conversation()
    one.connect()
    one.hear("ping", None)
    assert one.output() == [(frames.PONG, b"null")]


def test_a_silent_server_is_asked_and_then_left():
    one = Conversation()
    one.connect()
    one.put(b"1")
    one.sent()
    assert one.engine.due(one.now, True) == 30
    one.now += 30
    one.engine.tick(one.now)
    assert one.output() == [(frames.PING, b"")]
    one.now += 30
    one.engine.tick(one.now)
    assert "nothing" in one.engine.over.reason


def test_signs_of_life_keep_a_connection():
    one = Conversation()
    one.connect()
    one.put(b"1")
    one.sent()
    for _ in range(20):
        one.now += 15
        one.hear("slow", {"reason": "disk_full", "retry_after_ms": 1000})
        one.engine.tick(one.now)
    assert not one.engine.over and one.engine.slow == "disk_full"
    one.hear("resume", {})
    assert not one.engine.slow


def test_a_quiet_connection_without_open_records_is_left_in_peace():
    one = Conversation()
    one.connect()
    assert one.engine.due(one.now, True) is None
    one.now += 10000
    one.engine.tick(one.now)
    assert not one.engine.over


def test_an_attempt_that_failed_says_nothing_of_the_connection_before():
    one = Conversation()
    one.put(b"1")
    one.connect()
    one.sent()
    one.hear("ack", 1)
    one.hear("goodbye", {"reason": "draining", "detail": "d", "reconnect_after_ms": 4008})
    assert one.engine.end(one.now)[1:] == (4.008, True, True, None)
    assert one.engine.end(one.now) == ("", 0, False, False, None)


def test_what_is_no_message_of_a_crawlspool_server_is_told():
    one = Conversation()
    one.engine.begin(one.server, one.now)
    one.engine.receive(b"HTTP/1.1 400 Bad Request\r\n\r\n", one.now)
    assert "HTTP/1.1" in str(one.engine.end(one.now).refusal)


def test_what_welcome_lacks_is_told():
    one = Conversation()
    one.engine.begin(one.server, one.now)
    one.engine.receive(frames.frame(json.dumps({"welcome": {"protocol": 1}}).encode()), one.now)
    assert one.engine.end(one.now).refusal
