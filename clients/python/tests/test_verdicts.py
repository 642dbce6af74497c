"""What the client does with records, batches and frames that the server refuses, without a network."""

from conversation import Conversation
from crawlspool import frames
from records import records


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


def test_a_record_that_was_never_sent_hides_no_verdict_that_got_lost():
    one = Conversation(batch_bytes=1000)
    limits = {"record_bytes_max": 100, "batch_bytes_max": 200}
    one.put(b'"%s"' % (b"x" * 400), b"{", b"3")
    one.connect(**limits)
    assert one.sent() == []  # the first is rejected here, and the server cannot count it
    one.connect(known=True, **limits)
    one.sent()
    one.connect(last_seq=3, known=True, rejected=1, **limits)
    assert one.counters.rejected == 1 and one.counters.verdicts_missed == 1
