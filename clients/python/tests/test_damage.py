"""A buffer directory that is torn or damaged: what is whole is sent, the rest is told."""

import pytest
from buffers import WHO, create, read_all, reopen
from conversation import Conversation
from crawlspool.buffer import open_buffers
from records import numbered


def test_a_torn_entry_was_never_taken(tmp_path):
    buffer = create(tmp_path)
    for record in numbered(3):
        buffer.append(record, False)
    (path,) = buffer.path.glob("*.records")
    whole = path.read_bytes()
    entry = len(whole) // 3
    for cut in range(1, entry):
        path.write_bytes(whole[:-cut])
        buffer = reopen(buffer)
        assert buffer.records.next == 3 and path.read_bytes() == whole[:2 * entry]
    session = buffer.session
    buffer.append(b"instead", False)
    buffer = reopen(buffer)
    assert [record for _, record in read_all(buffer)] == [*numbered(2), b"instead"]
    assert buffer.session == session and not list(buffer.path.glob("*.damaged"))


@pytest.mark.parametrize("hit", range(15))  # each byte of the sixth entry
def test_damage_costs_what_it_hit_and_the_session(tmp_path, hit):
    buffer = create(tmp_path)
    for record in numbered(10):
        buffer.append(record, False)
    (path,) = buffer.path.glob("*.records")
    data = bytearray(path.read_bytes())
    data[5 * 15 + hit] ^= 1
    path.write_bytes(data)
    session = buffer.session
    again = reopen(buffer)
    assert [record for _, record in read_all(again)] == numbered(5)
    assert again.session != session and again.records.lost
    (aside,) = again.path.glob("*.damaged")
    assert aside.read_bytes() == bytes(data[5 * 15:])


def test_damage_in_an_older_file_is_skipped_and_told(tmp_path):
    buffer = create(tmp_path, bytes_max=32 << 10)
    for record in numbered(600):
        buffer.append(record, False)
    first, second = sorted(buffer.path.glob("*.records"))[:2]
    data = bytearray(first.read_bytes())
    data[20] ^= 1
    first.write_bytes(data)
    again = reopen(buffer, 32 << 10)
    start = int(second.name[:20])
    assert [index for index, _ in read_all(again)] == [1, *range(start, 601)]
    assert again.records.lost == start - 2


def test_numbers_that_damage_took_are_skipped_by_from(tmp_path):
    buffer = create(tmp_path, bytes_max=32 << 10)
    for record in numbered(600):
        buffer.append(record, False)
    first, second = sorted(buffer.path.glob("*.records"))[:2]
    first.write_bytes(b"\0" * first.stat().st_size)
    start = int(second.name[:20])
    one = Conversation(buffer=reopen(buffer, 32 << 10))
    assert one.connect(last_seq=5, known=True)["from"] == start
    assert one.sent() == numbered(600)[start - 1:]


def test_damage_to_what_was_never_sent_leaves_the_session_as_it_is(tmp_path):
    one = Conversation(buffer=create(tmp_path, bytes_max=32 << 10), window=10)
    one.put(*numbered(600))
    first, second, third = sorted(one.outbox.buffer.path.glob("*.records"))[:3]
    second.write_bytes(b"\0" * second.stat().st_size)
    hello = one.connect()
    got = []
    while one.counters.unsettled:
        got += one.sent()
        if one.engine.over:
            assert one.connect(known=True)["session"] == hello["session"]
        else:
            one.hear("ack", one.session.sent)
    lost = int(third.name[:20]) - int(second.name[:20])
    assert got == numbered(int(second.name[:20]) - 1) + numbered(601 - int(third.name[:20]), int(third.name[:20]) - 1)
    assert one.counters.lost == lost and one.counters.sessions == 0


def test_a_session_file_that_says_nothing_is_left_alone(tmp_path):
    buffer = create(tmp_path)
    buffer.append(b"1", False)
    buffer.release()
    (buffer.path / "session.json").write_text("{")
    own, _ = open_buffers(tmp_path, WHO, 1 << 20, False)
    assert own.path != buffer.path and buffer.path.exists()
