"""A buffer directory that is torn or damaged: what is whole is sent, the rest is told."""

import os

import pytest
from buffers import create, open_buffers, read_all, reopen
from conversation import Conversation
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


def damage(path, *places):
    data = bytearray(path.read_bytes())
    for place in places:
        data[place] ^= 1
    path.write_bytes(data)
    return bytes(data)


@pytest.mark.parametrize("hit", range(4, 15))  # each byte of the sixth entry but its length
def test_damage_costs_the_record_that_it_hit(tmp_path, hit):
    buffer = create(tmp_path)
    for record in numbered(10):
        buffer.append(record, False)
    (path,) = buffer.path.glob("*.records")
    data = damage(path, 5 * 15 + hit)
    session = buffer.session
    buffer.release()
    again, _ = open_buffers(tmp_path)
    assert again.session == session
    again.append(numbered(11)[10], True)
    assert read_all(again) == [(index, b'{"n":%d}' % (index - 1)) for index in range(1, 12) if index != 6]
    assert again.records.lost == 1
    (aside,) = again.path.glob("*.damaged")
    assert aside.read_bytes()[:len(data)] == data


@pytest.mark.parametrize("hit", range(4))  # each byte of its length
def test_damage_to_a_length_costs_the_rest_of_the_file_and_no_number_is_used_again(tmp_path, hit):
    buffer = create(tmp_path)
    for record in numbered(10):
        buffer.append(record, False)
    (path,) = buffer.path.glob("*.records")
    data = damage(path, 5 * 15 + hit)
    buffer.release()
    own, (damaged,) = open_buffers(tmp_path)
    assert own.path != buffer.path  # new records get numbers of another session
    assert damaged.session == buffer.session and damaged.records.lost
    assert [record for _, record in read_all(damaged)] == numbered(5)
    (aside,) = damaged.path.glob("*.damaged")
    assert aside.read_bytes() == data[5 * 15:]


def test_a_large_record_that_is_torn_is_cut_off_in_no_time(tmp_path):
    buffer = create(tmp_path, bytes_max=64 << 20)
    buffer.append(b"1", False)
    buffer.append(b'{"text":"%s"}' % (b"some text\n" * (1 << 20)), False)
    (path,) = buffer.path.glob("*.records")
    os.truncate(path, 10 << 20)
    with open(path, "ab") as file:
        file.write(b"\0" * (5 << 20))  # as a loss of power leaves it
    assert [record for _, record in read_all(reopen(buffer, 64 << 20))] == [b"1"]


def test_damage_in_an_older_file_costs_the_record_that_it_hit(tmp_path):
    buffer = create(tmp_path, bytes_max=32 << 10)
    for record in numbered(600):
        buffer.append(record, False)
    first, second = sorted(buffer.path.glob("*.records"))[:2]
    size = first.stat().st_size
    data = damage(first, 20, size - 1)  # the second entry, and the last
    again = reopen(buffer, 32 << 10)
    start = int(second.name[:20])
    assert [index for index, _ in read_all(again)] == [1, *range(3, start - 1), *range(start, 601)]
    assert again.records.lost == 2
    (aside,) = again.path.glob("*.damaged")
    assert aside.read_bytes() == data


def test_a_length_that_damage_made_large_takes_no_memory(tmp_path, monkeypatch):
    buffer = create(tmp_path, bytes_max=32 << 10)
    for record in numbered(600):
        buffer.append(record, False)
    first, second = sorted(buffer.path.glob("*.records"))[:2]
    data = bytearray(first.read_bytes())
    data[0] = 0x0f
    first.write_bytes(data)
    again = reopen(buffer, 32 << 10)
    asked = []
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda file, count, offset: asked.append(count) or pread(file, count, offset))
    assert [index for index, _ in read_all(again)] == [*range(int(second.name[:20]), 601)]
    assert max(asked) <= 1 << 20


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
    own, _ = open_buffers(tmp_path)
    assert own.path != buffer.path and buffer.path.exists()
