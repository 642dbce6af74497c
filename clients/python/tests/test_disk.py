"""A buffer directory on a disk that is full or fails: nothing that was taken is lost for it, and nothing speaks under a
session that is not written down."""

import errno
import json
import os
import pathlib

import crawlspool
import pytest
from buffers import create, half_written, only_directory, open_buffers, read_all, reopen
from conversation import Conversation
from crawlspool.buffer import Buffer
from crawlspool.ownership import InUse
from records import numbered
from waiting import wait_until


class Disk:
    """Calls that fail while told to."""

    def __init__(self, monkeypatch):
        self.failing = {}
        for name in ("write", "pwrite", "open", "fsync", "ftruncate"):
            monkeypatch.setattr(os, name, self.wrapped(name, getattr(os, name)))
        for name in ("unlink", "mkdir"):
            monkeypatch.setattr(pathlib.Path, name, self.wrapped(name, getattr(pathlib.Path, name)))

    def wrapped(self, name, real):
        def call(*arguments, **more):
            code = self.failing.get(name)
            if code and not (name == "open" and not arguments[1] & os.O_CREAT):
                raise OSError(code, os.strerror(code))
            return real(*arguments, **more)
        return call


@pytest.fixture
def disk(monkeypatch):
    return Disk(monkeypatch)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_mark_that_cannot_be_written_holds_nothing_up(tmp_path, disk, caplog, code):
    one = Conversation(buffer=create(tmp_path))
    one.put(*numbered(10))
    one.connect()
    one.sent()
    disk.failing["pwrite"] = code
    for number in range(1, 8):
        one.hear("ack", number)
    assert not one.engine.over and one.counters.acked == 7
    assert caplog.text.count(os.strerror(code)) == 1
    disk.failing.clear()
    one.hear("ack", 8)
    assert reopen(one.outbox.buffer).settled == 8


def test_files_that_cannot_be_removed_hold_nothing_up(tmp_path, disk):
    one = Conversation(buffer=create(tmp_path, bytes_max=32 << 10))
    one.put(*numbered(600))
    one.connect()
    one.sent()
    disk.failing["unlink"] = errno.EACCES
    one.hear("ack", 600)
    assert not one.engine.over and one.counters.unsettled == 0
    disk.failing.clear()
    again = reopen(one.outbox.buffer, 32 << 10)
    assert again.records.unread == 0
    again.close()
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_that_cannot_be_made_is_a_full_buffer(tmp_path, disk):
    one = Conversation(buffer=create(tmp_path, bytes_max=5000))
    payload = b"1" * 1200
    while one.outbox.has_room(len(payload)):
        one.put(payload)
    one.connect()
    one.sent()
    one.hear("ack", one.session.sent)
    disk.failing["open"] = errno.ENOSPC
    assert not one.outbox.has_room(len(payload))
    assert "No space left" in one.outbox.say_why_full()
    disk.failing.clear()
    one.outbox.buffer._disk_full_until = 0
    assert one.outbox.has_room(len(payload))


def test_a_torn_entry_that_cannot_be_cut_off_at_once_is_later(tmp_path, disk):
    buffer = create(tmp_path)
    buffer.append(b"1", False)
    os.write = half_written(errno.EIO)  # `disk` puts it back
    disk.failing["ftruncate"] = errno.EIO
    with pytest.raises(OSError):
        buffer.append(b"2" * 100, False)
    disk.failing.clear()
    buffer.append(b"3", False)
    assert [record for _, record in read_all(reopen(buffer))] == [b"1", b"3"]


def test_no_session_is_spoken_that_is_not_written_down(tmp_path, disk):
    one = Conversation(buffer=create(tmp_path))
    one.put(*numbered(5))
    old = one.connect()
    one.sent()
    one.hear("ack", 2)
    disk.failing["fsync"] = errno.EIO
    with pytest.raises(OSError):
        one.hear("error", {"code": "session_mismatch", "detail": "d"})
    for _ in range(3):
        with pytest.raises(OSError):
            one.connect()
    disk.failing.clear()
    new = one.connect()
    assert new["session"] != old["session"]
    facts = json.loads((only_directory(tmp_path) / "session.json").read_text())
    assert (facts["session"], facts["offset"]) == (new["session"], 2)
    assert one.sent() == numbered(3, 2)


def test_a_client_outlives_a_disk_that_fails_for_a_while(start, tmp_path, disk, flavour):
    server = start()
    with flavour(server.url, buffer_dir=tmp_path / "buffer", when_full="raise") as client:
        client.send_all(numbered(100))
        client.flush(30)
        disk.failing.update(write=errno.ENOSPC, pwrite=errno.ENOSPC)
        with pytest.raises(crawlspool.Full, match="No space left"):
            client.send(b"1")
        disk.failing.update(write=errno.EIO)
        client.engine.outbox.buffer._disk_full_until = 0
        with pytest.raises(OSError):
            client.send(b"1")
        disk.failing.clear()
        client.send_all(numbered(100, 100))
        client.flush(30)
    assert server.records() == numbered(200)
    assert list((tmp_path / "buffer").iterdir()) == []


def test_a_server_that_goes_while_the_disk_fails_is_found_again(start, tmp_path, disk, flavour):
    first, second = start(name="first"), start(name="second")
    with flavour([first.url, second.url], buffer_dir=tmp_path / "buffer") as client:
        client.send(b"1")
        client.flush(30)
        disk.failing["fsync"] = errno.EIO  # the second server's name cannot be written down
        first.kill()
        client.send(b"2")
        wait_until(lambda: client.engine.session.home == second.url, "the second one answers")
        disk.failing.clear()
        client.flush(60)
    assert first.records() + second.records() == [b"1", b"2"]


@pytest.mark.parametrize("call", ["open", "fsync", "mkdir"])
def test_a_buffer_that_cannot_be_made_leaves_nothing(tmp_path, disk, call):
    disk.failing[call] = errno.ENOSPC
    for _ in range(3):
        with pytest.raises(OSError):
            crawlspool.Client("tcp://127.0.0.1:1", buffer_dir=tmp_path)
    disk.failing.clear()
    assert list(tmp_path.iterdir()) == []


def test_what_a_crash_left_of_an_empty_buffer_is_removed(tmp_path):
    """Its process was killed as it removed it: in the order in which it does."""
    buffer = create(tmp_path)
    buffer.release()
    for name in ("session.json", "mark", "lock"):
        (buffer.path / name).unlink()
        with pytest.raises(InUse):
            Buffer.open(buffer.path, 1 << 20, False)
        assert not buffer.path.exists()
        buffer.path.mkdir()
        for kept in ("mark", "lock")[("session.json", "mark", "lock").index(name):]:
            (buffer.path / kept).touch()


def test_records_without_a_session_are_left_alone_and_told(tmp_path, caplog):
    buffer = create(tmp_path)
    buffer.append(b"1", False)
    buffer.release()
    (buffer.path / "session.json").unlink()
    own, others = open_buffers(tmp_path)
    assert own.path != buffer.path and not others
    assert list(buffer.path.glob("*.records")) and str(buffer.path) in caplog.text


def test_a_buffer_that_is_just_removed_is_not_made_again(tmp_path):
    buffer = create(tmp_path)
    buffer.close()
    with pytest.raises(InUse):
        Buffer.open(buffer.path, 1 << 20, False)
    assert list(tmp_path.iterdir()) == []


def test_records_whose_lock_somebody_removed_are_told_of(tmp_path, caplog):
    buffer = create(tmp_path)
    buffer.append(b"1", False)
    buffer.release()
    (buffer.path / "lock").unlink()
    open_buffers(tmp_path)[0].close()
    assert "no lock file" in caplog.text
    (buffer.path / "lock").touch()
    assert open_buffers(tmp_path)[0].path == buffer.path
