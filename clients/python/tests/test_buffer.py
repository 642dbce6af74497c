"""The buffer directory: whose it is, what is found in it again, and when it goes."""

import errno
import os

import crawlspool
import pytest
from buffers import WHO, create, half_written, open_buffers, read_all, reopen
from conversation import Conversation
from crawlspool.buffer import Buffer, Identity
from crawlspool.ownership import InUse
from records import numbered


def test_what_was_appended_is_found_by_the_next_process(tmp_path):
    buffer = create(tmp_path)
    for record in numbered(1000):
        buffer.append(record, False)
    session = buffer.session
    again = reopen(buffer)
    assert again.session == session and again.recovered == 1000
    assert read_all(again) == list(enumerate(numbered(1000), 1))


def test_files_of_settled_records_go_and_the_directory_with_the_last_one(tmp_path):
    buffer = create(tmp_path, bytes_max=32 << 10)
    for record in numbered(600):
        buffer.append(record, False)
    before = buffer.records.bytes
    buffer.settle(500, 0)
    assert buffer.records.bytes < before
    buffer.settle(600, 0)
    assert len(list(buffer.path.glob("*.records"))) == 1
    buffer.close()
    assert list(tmp_path.iterdir()) == []


def test_the_mark_and_the_verdicts_count_survive(tmp_path):
    buffer = create(tmp_path)
    for record in numbered(10):
        buffer.append(record, False)
    buffer.settle(7, 2)
    again = reopen(buffer)
    assert (again.settled, again.rejected) == (7, 2)
    assert [index for index, _ in read_all(again)] == [8, 9, 10]


def test_a_buffer_has_one_owner(tmp_path):
    buffer = create(tmp_path)
    with pytest.raises(InUse):
        Buffer.open(buffer.path, 1 << 20, False)
    own, others = open_buffers(tmp_path)
    assert own.path != buffer.path and others == []


def test_what_another_left_is_taken_along_and_an_empty_one_removed(tmp_path):
    mine, foreign, empty = (Buffer.create(tmp_path, who, 1 << 20, False)
                            for who in (WHO, Identity("another", "s"), Identity("third", None)))
    mine.append(b"1", False)
    foreign.append(b"2", False)
    for buffer in (mine, foreign, empty):
        buffer.release()
    own, others = open_buffers(tmp_path)
    assert own.path == mine.path and [other.path for other in others] == [foreign.path]
    assert not empty.path.exists()


def test_the_directory_is_private(tmp_path):
    path = create(tmp_path).path
    assert path.stat().st_mode & 0o077 == 0
    assert (path / "session.json").stat().st_mode & 0o077 == 0


def test_a_full_disk_takes_nothing_and_leaves_nothing(tmp_path, monkeypatch):
    buffer = create(tmp_path)
    buffer.append(b"1", False)
    monkeypatch.setattr(os, "write", half_written(errno.ENOSPC))
    with pytest.raises(crawlspool.Full, match="No space"):
        buffer.append(b"2" * 100, False)
    monkeypatch.undo()
    assert not buffer.has_room(1)  # for a second
    buffer.append(b"3", False)
    assert [record for _, record in read_all(reopen(buffer))] == [b"1", b"3"]


def test_with_sync_a_record_is_on_the_disk_before_it_is_sent(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    one = Conversation(buffer=create(tmp_path, sync=True))
    one.put(b"1", b"2")
    one.connect()
    assert synced == []
    assert one.sent() == [b"1", b"2"]
    assert synced == [18]
