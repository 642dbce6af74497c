"""What a server may never say is believed by nobody: no record is forgotten for it, and no memory is filled by it."""

import random

import pytest
from conversation import WELCOME, Conversation, message
from crawlspool import frames
from records import records


def refusal(one):
    assert one.engine.over
    return one.engine.end(one.now).refusal


def connected(*payloads):
    one = Conversation()
    one.put(*payloads)
    one.connect()
    return one


@pytest.mark.parametrize("number", [4, 10**18, float("inf"), float("nan"), "2", None, True, [1]])
def test_an_ack_of_what_was_not_sent_settles_nothing(number):
    one = connected(*records(1, 3))
    assert one.sent() == records(1, 3)
    one.put(*records(4, 6))
    one.hear("ack", number)
    assert "ack" in str(refusal(one))
    assert one.counters.unsettled == 6
    one.connect()
    assert one.sent() == records(1, 6)


def test_an_ack_before_the_welcome_settles_nothing():
    one = connected(*records(1, 3))
    one.sent()
    one.engine.end(one.now)
    one.engine.begin(one.server, one.now)
    one.hear("ack", 3)
    assert refusal(one) and one.counters.unsettled == 3


def test_an_old_ack_is_passed_over():
    one = connected(*records(1, 3))
    one.sent()
    for number in (2, 1, 0, -5):
        one.hear("ack", number)
    assert not one.engine.over and one.counters.unsettled == 1


@pytest.mark.parametrize("number", [4, 10**9, "2", None, float("inf")])
def test_a_verdict_on_what_was_not_sent_is_not_kept(number):
    one = connected(*records(1, 3))
    one.sent()
    one.hear("reject", {"seq": number, "code": "invalid_json", "detail": "d"})
    assert refusal(one) and not one.session.verdicts


def test_a_verdict_on_what_is_settled_counts_for_nothing():
    one = connected(*records(1, 3))
    one.sent()
    one.hear("ack", 2)
    one.hear("reject", {"seq": 1, "code": "invalid_json", "detail": "d"})
    one.hear("ack", 3)
    assert one.told() == [] and (one.counters.acked, one.counters.rejected) == (3, 0)


def test_verdicts_fill_no_memory():
    one = connected(*records(1, 3))
    one.sent()
    for _ in range(1000):
        one.hear("reject", {"seq": 3, "code": "c" * 5000, "detail": "d" * 50000})
    assert len(one.session.verdicts) == 1
    one.hear("ack", 3)
    (told,) = one.session.take_unreported()
    assert len(told.detail) <= 512 and len(told.code) <= 512


def test_pings_that_nobody_reads_the_answers_to_fill_no_memory():
    one = connected()
    for n in range(1000):
        one.hear("ping", n)
    assert one.output() == [(frames.PONG, b"999")]
    one.hear("ping", "x" * 300)
    assert one.output() == [(frames.PONG, b"")]  # a longer one would be refused


@pytest.mark.parametrize("member, value", [
    ("record_bytes_max", 0), ("batch_bytes_max", -1), ("batch_records_max", 0), ("record_bytes_max", "much"),
    ("last_seq", None), ("last_seq", float("inf")), ("rejected", []), ("last_seq", -1)])
def test_a_welcome_that_cannot_be_meant_rejects_no_record(member, value):
    one = Conversation()
    one.put(*records(1, 3))
    one.engine.begin(one.server, one.now)
    one.hear("welcome", {**WELCOME, member: value})
    assert refusal(one)
    assert one.told() == [] and one.counters.unsettled == 3


def test_a_limit_that_no_frame_can_reach_makes_no_frame_that_is_larger():
    one = Conversation(window_bytes=1 << 40, batch_bytes=1 << 40)
    one.put(*[b"1" * (1 << 26)] * 5)
    one.connect(record_bytes_max=10**18, batch_bytes_max=10**18)
    piece = one.engine.take(one.now)
    assert len(piece.payloads) == 3  # four of them and their line breaks are more than a frame holds


def test_a_second_welcome_settles_nothing():
    one = connected(*records(1, 3))
    one.sent()
    one.hear("welcome", {**WELCOME, "last_seq": 3, "known": True})
    assert refusal(one) and one.counters.unsettled == 3


@pytest.mark.parametrize("text", [b"[" * 60000, b'{"ack":' + b"9" * 60000 + b"}", b'{"goodbye":[]}', b'{"error":"x"}',
                                  b'{"goodbye":null}', b'{"welcome":3}', b'{"slow":7}', b'{"reject":[]}', b"\xff",
                                  b'{"__init__":1}', b'{"ack":1e999}', b'{"error":{"code":"c","detail":"d","seq":"x"}}',
                                  b'{"goodbye":{"reason":"r","detail":"d","reconnect_after_ms":[]}}'])
def test_messages_of_any_shape_end_the_connection_at_most(text):
    one = connected(*records(1, 3))
    one.sent()
    one.engine.receive(frames.frame(text), one.now)
    one.connect()
    assert one.sent() == records(1, 3)


def test_bytes_of_any_kind_lose_nothing():
    chance = random.Random(7)
    keys = ["ack", "reject", "goodbye", "error", "slow", "resume", "ping", "pong", "weather"]
    values = [None, 1, 2, 3, 4, -1, 2.5, "x", [], {}, {"seq": 2}, {"code": "bad_batch", "detail": "d", "seq": 1},
              {"reason": "superseded", "detail": "d"}, {"code": "c", "detail": "d", "seq": 9}, {"reason": "disk_full"}]
    for _ in range(2000):
        one = connected(*records(1, 3))
        one.sent()
        one.put(*records(4, 5))
        heard = 0
        while not one.engine.over and heard < 20:
            key, value = chance.choice(keys), chance.choice(values)
            data = bytearray(message(key, value))
            if chance.random() < 0.2:
                data[chance.randrange(4, len(data))] ^= 1 << chance.randrange(8)
            one.engine.receive(bytes(data), one.now)
            heard += 1
        counters = one.counters
        assert counters.unsettled >= 2  # these never went out
        assert counters.acked + counters.rejected + counters.unsettled == 5
        assert counters.rejected == len(one.told())


@pytest.mark.parametrize("wait", [0, 1e300, float("nan"), -5])
def test_a_wait_that_a_server_asks_for_has_an_end(wait):
    one = connected()
    one.hear("goodbye", {"reason": "draining", "detail": "d", "reconnect_after_ms": wait})
    assert 0 <= one.engine.over.retry_seconds <= 300
