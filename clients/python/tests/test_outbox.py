"""The outbox on a buffer directory: what memory has no room for comes back."""

import json

from buffers import create, only_directory, reopen
from conversation import Conversation
from records import numbered


def test_what_memory_has_no_room_for_comes_back_in_order(tmp_path):
    one = Conversation(buffer=create(tmp_path), window=10, batch_records=4)
    one.put(*numbered(100))
    assert (one.counters.unsettled, one.counters.buffered) == (100, 90)
    one.connect()
    got = []
    while records := one.sent():
        got += records
        one.hear("ack", len(got) - (len(got) < 100))
        if len(got) >= 50 and one.outbox.next == 101:
            one.put(*numbered(20, 100))
    assert got == numbered(120)
    assert one.counters.unsettled == 0 and one.counters.buffered == 0


def test_last_seq_may_lie_beyond_what_memory_holds(tmp_path):
    buffer = create(tmp_path)
    for record in numbered(100):
        buffer.append(record, False)
    one = Conversation(buffer=reopen(buffer), window=10)
    one.connect(last_seq=42, known=True)
    assert one.sent() == numbered(10, 42)
    one.hear("ack", 52)
    assert one.sent() == numbered(10, 52)


def test_a_server_that_is_ahead_of_the_file_has_another_session(tmp_path):
    """The machine lost what was not synced, or the directory was copied: the numbers above are not ours."""
    buffer = create(tmp_path)
    for record in numbered(3):
        buffer.append(record, False)
    one = Conversation(buffer=reopen(buffer))
    one.put(*numbered(7, 3))
    old = one.connect(last_seq=5, known=True)
    assert one.engine.over
    assert one.connect()["session"] != old["session"]
    assert one.sent() == numbered(10)
    facts = json.loads((only_directory(tmp_path) / "session.json").read_text())
    assert facts["session"] == one.session.digits
