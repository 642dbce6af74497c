"""What the client does with each thing a server can say, without a network."""

import json

import pytest
from conversation import Conversation
from crawlspool import frames


def records(first, last):
    return [b'{"n":%d}' % n for n in range(first, last + 1)]


def test_hello_says_who_it_is_and_from_where():
    hello = Conversation(stream="quotes").connect()
    assert len(hello.pop("session")) == 32
    assert hello == {"protocol": 1, "client": "worker-7", "from": 1, "stream": "quotes", "ack": "synced",
                     "heartbeat": True}


def test_nothing_goes_out_before_the_welcome():
    one = Conversation()
    one.put(b"1")
    one.engine.begin(one.server, one.now)
    assert one.output() == []


def test_records_that_wait_go_in_batches_and_a_lone_one_in_a_frame():
    one = Conversation()
    one.put(*records(1, 250))
    one.connect()
    assert [(kind, payload.count(b"\n") + 1) for kind, payload in one.output()] == [
        (frames.BATCH, 100), (frames.BATCH, 100), (frames.BATCH, 50)]
    one.hear("ack", 250)
    one.put(b"1")
    assert one.output() == [(frames.RECORD, b"1")]


def test_a_record_behind_others_waits_for_company_but_not_for_long():
    one = Conversation()
    one.engine.hurried = 0
    one.connect()
    one.put(b"1")
    assert one.sent() == [b"1"]
    one.put(b"2")
    assert one.sent() == []
    assert 0 < one.engine.due(one.now, True) <= 0.02
    one.now += 0.021
    assert one.sent() == [b"2"]


def test_whoever_waits_for_everything_makes_it_go():
    one = Conversation()
    one.engine.hurried = 0
    one.connect()
    one.put(b"1")
    one.sent()
    one.put(b"2")
    one.engine.hurried = 1
    assert one.sent() == [b"2"]


def test_what_is_not_acked_goes_again_and_is_counted():
    one = Conversation()
    one.put(*records(1, 5))
    first = one.connect()
    assert one.sent() == records(1, 5)
    one.hear("ack", 2)
    again = one.connect(known=True)
    assert again["from"] == 3 and again["session"] == first["session"]
    assert one.sent() == records(3, 5)
    assert one.counters.resent == 3 and one.counters.acked == 2 and one.counters.unsettled == 3


def test_last_seq_is_an_ack():
    one = Conversation()
    one.put(*records(1, 5))
    one.connect()
    one.sent()
    one.connect(last_seq=4, known=True)
    assert one.sent() == records(5, 5)
    assert one.counters.acked == 4 and one.counters.resent == 1


def test_a_batch_cut_by_an_ack_goes_on_behind_it():
    one = Conversation()
    one.put(*records(1, 100))
    one.connect()
    one.sent()
    one.hear("ack", 37)
    assert one.connect(known=True)["from"] == 38
    assert one.sent() == records(38, 100)


def test_a_verdict_is_told_once_its_record_is_settled():
    one = Conversation()
    one.put(b"1", b"{", b"3")
    one.connect()
    one.sent()
    one.hear("reject", {"seq": 2, "code": "invalid_json", "detail": "not valid JSON at byte 1", "offset": 1})
    assert one.told() == []
    one.hear("ack", 3)
    assert one.told() == [(2, "invalid_json", b"{")]
    assert one.counters.acked == 2 and one.counters.rejected == 1


def test_a_verdict_that_a_crash_took_back_comes_again_and_is_told_once():
    one = Conversation()
    one.put(b"1", b"{", b"3")
    one.connect()
    for _ in range(2):
        one.sent()
        one.hear("reject", {"seq": 2, "code": "invalid_json", "detail": "d"})
        one.connect(known=False)
    one.sent()
    one.hear("reject", {"seq": 2, "code": "invalid_json", "detail": "d"})
    one.hear("ack", 3)
    assert len(one.told()) == 1 and one.counters.rejected == 1


def test_a_verdict_that_a_crash_took_back_is_not_told_of_a_record_that_is_stored():
    one = Conversation()
    one.put(b"1", b"[[1]]")
    one.connect()
    one.sent()
    one.hear("reject", {"seq": 2, "code": "too_deep", "detail": "d"})
    one.connect(known=False)  # the server is back with a greater limit
    one.sent()
    one.hear("ack", 2)
    assert one.told() == [] and one.counters.acked == 2


def test_a_verdict_whose_ack_got_lost_is_told_by_last_seq():
    one = Conversation()
    one.put(b"{")
    one.connect()
    one.sent()
    one.hear("reject", {"seq": 1, "code": "invalid_json", "detail": "d"})
    one.connect(last_seq=1, known=True, rejected=1)
    assert one.told() == [(1, "invalid_json", b"{")]
    assert one.counters.verdicts_missed == 0


def test_a_verdict_that_never_came_is_reported_by_its_number():
    one = Conversation()
    one.put(b"1", b"{")
    one.connect()
    one.sent()
    for _ in range(2):
        one.connect(last_seq=2, known=True, rejected=1)
    assert one.told() == [] and one.counters.verdicts_missed == 1


def test_a_server_without_memory_is_reported():
    one = Conversation()
    one.put(*records(1, 5))
    one.connect()
    one.sent()
    one.hear("ack", 2)
    one.connect(known=False)
    assert one.counters.maybe_twice == 3


def test_a_first_connection_that_brought_nothing_is_no_loss_of_memory():
    one = Conversation()
    one.put(*records(1, 5))
    one.connect()
    one.sent()
    one.connect(known=False)
    assert one.counters.maybe_twice == 0


def test_a_move_to_another_server_is_reported():
    one = Conversation()
    one.put(*records(1, 5))
    one.connect()
    one.sent()
    one.hear("ack", 2)
    hello = one.connect("tcp://127.0.0.2:8940", known=False)
    assert hello["from"] == 3 and one.counters.maybe_twice == 3
    assert one.sent() == records(3, 5)


def test_a_session_that_is_ahead_is_not_ours():
    one = Conversation()
    one.put(*records(1, 3))
    old = one.connect(last_seq=1, known=True)
    assert one.engine.over and one.sent() == []
    new = one.connect()
    assert new["session"] != old["session"] and new["from"] == 1
    assert one.sent() == records(1, 3)
    assert one.counters.sessions == 1


def test_a_new_session_counts_from_one_again():
    one = Conversation()
    one.put(*records(1, 10))
    one.connect()
    one.sent()
    one.hear("ack", 4)
    one.hear("goodbye", {"reason": "superseded", "detail": "another", "reconnect_after_ms": 1000})
    assert one.engine.over.retry_seconds == 1.0
    assert one.connect()["from"] == 1
    assert one.sent() == records(5, 10)
    one.hear("ack", 6)
    assert one.counters.unsettled == 0 and one.counters.acked == 10


def test_another_clients_session_is_left():
    one = Conversation()
    one.put(b"1")
    old = one.connect()
    one.hear("error", {"code": "session_mismatch", "detail": "d"})
    assert one.connect()["session"] != old["session"]
    assert one.sent() == [b"1"]


def test_a_refused_batch_goes_again_as_record_frames():
    one = Conversation()
    one.put(*records(1, 150))
    one.connect()
    one.output()
    one.hear("ack", 100)
    one.hear("error", {"code": "bad_batch", "detail": "d", "seq": 101})
    assert one.connect(known=True)["from"] == 101
    one.put(*records(151, 160))
    assert [kind for kind, _ in one.output()] == [frames.RECORD] * 50 + [frames.BATCH]


def test_a_refused_record_counts_as_rejected_and_is_skipped():
    one = Conversation()
    one.put(b"[\n1]", b"[\n2]", b"[\n3]")
    one.connect()
    one.output()
    one.hear("ack", 1)
    one.hear("error", {"code": "frame_too_large", "detail": "d", "seq": 2})
    one.connect(known=True)  # it is counted as part of a batch that was refused, and goes alone now
    one.output()
    one.hear("error", {"code": "frame_too_large", "detail": "d", "seq": 2})
    assert one.told() == [(2, "record_too_large", b"[\n2]")]
    assert one.connect(known=True)["from"] == 3
    assert one.sent() == [b"[\n3]"]


def test_an_unknown_error_that_names_a_record_is_not_provoked_for_ever():
    one = Conversation()
    one.put(b"[\n1]")
    for _ in range(2):
        one.connect()
        one.output()
        one.hear("error", {"code": "of_a_later_version", "detail": "d", "seq": 1})
    assert [code for _, code, _ in one.told()] == ["of_a_later_version"]


def test_a_record_over_the_limit_travels_in_a_batch_where_it_costs_only_itself():
    one = Conversation(batch_bytes=1000)
    large = b'"%s"' % (b"x" * 200)
    one.put(b"1", large, b"2")
    one.connect(record_bytes_max=100)
    assert one.output() == [(frames.RECORD, b"1"), (frames.BATCH, large), (frames.RECORD, b"2")]


def test_one_that_fits_nowhere_is_rejected_here_and_skipped_by_from():
    one = Conversation(batch_bytes=1000)
    one.put(b"1", b'"%s"' % (b"x" * 400), b"3")
    limits = {"record_bytes_max": 100, "batch_bytes_max": 200}
    one.connect(**limits)
    assert one.sent() == [b"1"]
    one.hear("ack", 1)
    assert one.sent() == [] and one.engine.over
    assert [number for number, _, _ in one.told()] == [2]
    assert one.connect(known=True, **limits)["from"] == 3
    assert one.sent() == [b"3"]


def test_batches_keep_to_the_servers_limits_without_a_wait_for_each():
    one = Conversation()
    one.engine.hurried = 0
    one.put(*records(1, 90))
    one.connect(batch_records_max=20, batch_bytes_max=100)
    one.now += 0.021
    batches = one.output()
    assert all(payload.count(b"\n") < 20 and len(payload) <= 100 for _, payload in batches)
    assert b"\n".join(payload for _, payload in batches).split(b"\n") == records(1, 90)


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


def test_messages_and_members_of_later_versions_are_passed_over():
    one = Conversation()
    one.put(b"1")
    one.connect(later="x")
    one.sent()
    one.hear("weather", {"sun": True})
    one.hear("ack", 1)
    assert one.counters.acked == 1


def test_bye_is_said_once_all_is_settled():
    one = Conversation()
    one.connect()
    one.put(b"1")
    one.engine.finishing = True
    assert one.output() == [(frames.RECORD, b"1")]
    one.hear("ack", 1)
    assert one.output() == [(frames.BYE, b"")]
    assert one.output() == []


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


def test_an_attempt_that_failed_says_nothing_of_the_connection_before():
    one = Conversation()
    one.put(b"1")
    one.connect()
    one.sent()
    one.hear("ack", 1)
    one.hear("goodbye", {"reason": "draining", "detail": "d", "reconnect_after_ms": 4008})
    assert one.engine.end(one.now)[1:] == (4.008, True, None)
    assert one.engine.end(one.now) == ("", 0, False, None)
