"""How records go out and are settled, without a network."""

from conversation import Conversation
from crawlspool import frames
from records import records


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
