"""The buffer directory: what was taken survives the worker, arrives once, and is never more than the bound."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading

import crawlspool
import pytest
from conftest import CLIENT
from conversation import Conversation
from crawlspool.buffer import Buffer, Identity, InUse, open_buffers
from records import dead_address, numbered
from waiting import seconds, wait_until

WHO = Identity("worker-7", None)


def create(directory, bytes_max=1 << 20, sync=False):
    return Buffer.create(directory, WHO, bytes_max, sync)


def reopen(buffer, bytes_max=1 << 20):
    """As a process finds it that comes after one that was killed."""
    buffer.release()
    return Buffer.open(buffer.path, bytes_max, False)


def read_all(buffer):
    found = []
    while (entry := buffer.records.read()) is not None:
        found.append(entry)
    return found


def only_directory(directory):
    (path,) = directory.glob("*.buffer")
    return path


# The files


def test_what_was_appended_is_found_by_the_next_process(tmp_path):
    buffer = create(tmp_path)
    for record in numbered(1000):
        buffer.append(record, False)
    session = buffer.session
    again = reopen(buffer)
    assert again.session == session and again.recovered == 1000
    assert read_all(again) == list(enumerate(numbered(1000), 1))


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
    own, others = open_buffers(tmp_path, WHO, 1 << 20, False)
    assert own.path != buffer.path and others == []


def test_what_another_left_is_taken_along_and_an_empty_one_removed(tmp_path):
    mine, foreign, empty = (Buffer.create(tmp_path, who, 1 << 20, False)
                            for who in (WHO, Identity("another", "s"), Identity("third", None)))
    mine.append(b"1", False)
    foreign.append(b"2", False)
    for buffer in (mine, foreign, empty):
        buffer.release()
    own, others = open_buffers(tmp_path, WHO, 1 << 20, False)
    assert own.path == mine.path and [other.path for other in others] == [foreign.path]
    assert not empty.path.exists()


def test_a_session_file_that_says_nothing_is_left_alone(tmp_path):
    buffer = create(tmp_path)
    buffer.append(b"1", False)
    buffer.release()
    (buffer.path / "session.json").write_text("{")
    own, _ = open_buffers(tmp_path, WHO, 1 << 20, False)
    assert own.path != buffer.path and buffer.path.exists()


def test_the_directory_is_private(tmp_path):
    path = create(tmp_path).path
    assert path.stat().st_mode & 0o077 == 0
    assert (path / "session.json").stat().st_mode & 0o077 == 0


def test_a_full_disk_takes_nothing_and_leaves_nothing(tmp_path, monkeypatch):
    buffer = create(tmp_path)
    buffer.append(b"1", False)
    write = os.write

    def half(descriptor, data):
        if len(data) > 20:
            write(descriptor, data[:20])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", half)
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


# The outbox on top of it


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


# The clients


def test_the_bound_holds_and_nothing_is_lost_at_it(start, tmp_path, flavour):
    server = start()
    url = server.url
    server.terminate()
    directory = tmp_path / "buffer"
    with flavour(url, window=10, buffer_dir=directory, buffer_bytes=20000) as client:
        sender = threading.Thread(target=client.send_all, args=(numbered(3000),))
        sender.start()
        wait_until(lambda: client.counters.buffer_bytes > 19900, "the buffer is full")
        assert sum(path.stat().st_size for path in only_directory(directory).glob("*.records")) <= 20000
        assert not client.try_send(b"1" * 100)
        server.start()
        sender.join()
        client.flush(60)
    assert server.records() == numbered(3000)
    assert list(directory.iterdir()) == []


def test_past_the_bound_a_client_may_raise(tmp_path, flavour):
    sock, url = dead_address()
    with sock:
        with flavour(url, buffer_dir=tmp_path, buffer_bytes=5000, when_full="raise", close_timeout=0) as client:
            with pytest.raises(crawlspool.Full):
                client.send_all(numbered(5000))
            taken = client.counters.records
        with pytest.raises(crawlspool.ConfigurationError):
            with flavour(url, buffer_dir=tmp_path / "other", buffer_bytes=5000) as client:
                client.send(b'"%s"' % (b"x" * 5000))
    assert 0 < taken < 5000
    (path,) = tmp_path.glob("*.buffer")  # it waits for the next start
    again = Buffer.open(path, 5000, False)
    assert [record for _, record in read_all(again)] == numbered(taken)


WORKER = """
import sys
sys.path.insert(0, sys.argv[1])
import crawlspool
client = crawlspool.Client(sys.argv[2], client="worker-7", buffer_dir=sys.argv[3], window=50, buffer_bytes=10 << 20)
start, count = int(sys.argv[4]), int(sys.argv[5])
for n in range(start, start + count):
    client.send(b'{"n":%d}' % n)
    print(n, flush=True)
print("all", flush=True)
sys.stdin.readline()
client.close()
"""


class WorkerProcess:
    """Says each record's number once send() has taken it."""

    def __init__(self, url, directory, first, count):
        self.process = subprocess.Popen([sys.executable, "-c", WORKER, str(CLIENT), url, str(directory), str(first),
                                         str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait_for(self, line):
        for got in self.process.stdout:
            if got.strip() == str(line):
                return
        raise AssertionError(f"the worker ended before {line}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        rest = self.process.stdout.read().split()
        self.process.wait()
        return [int(word) for word in rest if word != "all"]

    def end(self):
        self.process.stdin.write("\n")
        self.process.stdin.close()
        assert self.process.wait(seconds(60)) == 0


def test_a_killed_workers_records_arrive_once_with_the_next_one(start, tmp_path):
    server = start()
    url = server.url
    server.terminate()
    worker = WorkerProcess(url, tmp_path / "buffer", 0, 2000)
    worker.wait_for("all")
    worker.kill()
    worker = WorkerProcess(url, tmp_path / "buffer", 2000, 10)
    worker.wait_for("all")
    server.start()
    worker.end()
    assert server.records() == numbered(2010)
    assert len(server.sessions()) == 1


def test_workers_killed_in_mid_sending_lose_and_double_nothing(start, tmp_path):
    server = start()
    first = 0
    for round_ in range(6):
        worker = WorkerProcess(server.url, tmp_path / "buffer", first, 100000)
        worker.wait_for(first + 500 + 300 * round_)
        taken = worker.kill()
        first = (taken[-1] if taken else first + 500 + 300 * round_) + 1
        if round_ % 2:
            server.restart()
        # The last one may have been taken without a word about it.
        path = only_directory(tmp_path / "buffer")
        buffer = Buffer.open(path, 10 << 20, False)
        assert buffer.records.next - 1 - first in (0, 1)
        first = buffer.records.next - 1
        buffer.release()
    worker = WorkerProcess(server.url, tmp_path / "buffer", first, 1)
    worker.wait_for("all")
    worker.end()
    assert server.records() == numbered(first + 1)
    assert list((tmp_path / "buffer").iterdir()) == []


def test_each_of_several_workers_leftovers_is_sent(start, tmp_path, flavour):
    server = start()
    url = server.url
    server.terminate()
    workers = [WorkerProcess(url, tmp_path / "buffer", part * 100, 100) for part in range(3)]
    for worker in workers:
        worker.wait_for("all")
    for worker in workers:
        worker.kill()
    server.start()
    with flavour(url, client="a-new-one", buffer_dir=tmp_path / "buffer") as client:
        client.send(b'{"n":300}')
        client.flush(60)
    assert sorted(server.records()) == sorted(numbered(301))
    assert list((tmp_path / "buffer").iterdir()) == []


def test_a_stopped_worker_leaves_its_records_to_the_next_one(start, tmp_path, flavour):
    server = start()
    url = server.url
    server.terminate()
    with flavour(url, client="w", buffer_dir=tmp_path / "buffer", close_timeout=0) as client:
        client.send_all(numbered(100))
    server.start()
    with flavour(url, client="w", buffer_dir=tmp_path / "buffer") as client:
        client.send_all(numbered(10, 100))
    assert server.records() == numbered(110)
