"""What the client does where a server is ahead of it, has forgotten it, or is another one, without a network."""

from conversation import Conversation
from records import records


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
