"""Clients with a buffer directory: what was taken survives the worker and arrives once, within the bound."""

import json
import signal
import subprocess
import sys
import threading

import crawlspool
import pytest
from buffers import only_directory, read_all
from conftest import CLIENT
from crawlspool.buffer import Buffer, Identity
from records import dead_address, numbered
from waiting import seconds, wait_until


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


def test_workers_that_come_and_go_in_one_directory_take_over_from_each_other(start, tmp_path):
    """Several start at once, each takes what it finds unlocked, and all are killed at once."""
    server = start()
    taken, first = set(), 0
    for _ in range(4):
        workers = []
        for _ in range(3):
            workers.append((first, WorkerProcess(server.url, tmp_path / "buffer", first, 90000)))
            first += 100000
        for start_number, worker in workers:
            worker.wait_for(start_number + 300)
        for _, worker in workers:
            worker.process.send_signal(signal.SIGKILL)
        server.restart()
        for start_number, worker in workers:
            taken.update(range(start_number, max([start_number + 300, *worker.kill()]) + 1))
    worker = WorkerProcess(server.url, tmp_path / "buffer", first, 10)
    worker.wait_for("all")
    worker.end()
    taken.update(range(first, first + 10))
    stored = [json.loads(record)["n"] for record in server.records()]
    assert len(stored) == len(set(stored))
    assert taken <= set(stored)
    assert len(set(stored) - taken) <= 12  # one a worker may have been taken without a word about it
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


def test_what_many_workers_left_takes_one_connection_more(start, tmp_path, flavour, caplog):
    server = start({"limits.connections_per_ip_max": "3"})
    for part in range(10):
        buffer = Buffer.create(tmp_path / "buffer", Identity(f"worker-{part}", None), 1 << 20, False)
        for record in numbered(10, part * 10):
            buffer.append(record, False)
        buffer.release()
    with flavour(server.url, buffer_dir=tmp_path / "buffer") as client:
        assert client.counters.unsettled == 100
        client.send_all(numbered(10, 100))
        client.flush(60)
        counters = client.counters
    assert (counters.acked, counters.unsettled, counters.connections) == (110, 0, 11)
    assert sorted(server.records()) == sorted(numbered(110))
    assert "too_many" not in caplog.text
    assert list((tmp_path / "buffer").iterdir()) == []


def test_leftovers_that_cannot_be_read_hold_up_no_others(start, tmp_path, flavour, caplog):
    server = start()
    for part in range(3):
        buffer = Buffer.create(tmp_path, Identity(f"worker-{part}", None), 32 << 10, False)
        for record in numbered(600, part * 600):
            buffer.append(record, False)
        buffer.release()
        if part == 1:
            unreadable = min(buffer.path.glob("*.records"))
            unreadable.unlink()
            unreadable.mkdir()
    with flavour(server.url, buffer_dir=tmp_path) as client:
        client.flush(60)
    assert sorted(server.records()) == sorted(numbered(600) + numbered(600, 1200))
    assert "cannot be read, and stays" in caplog.text and unreadable.exists()


def test_leftovers_that_are_not_sent_in_time_stay(start, tmp_path, flavour):
    sock, url = dead_address()
    for part in range(3):
        buffer = Buffer.create(tmp_path, Identity(f"worker-{part}", None), 1 << 20, False)
        buffer.append(b"%d" % part, False)
        buffer.release()
    with sock, flavour(url, buffer_dir=tmp_path, close_timeout=0):
        pass
    assert len(list(tmp_path.iterdir())) == 3
    server = start()
    with flavour(server.url, buffer_dir=tmp_path) as client:
        client.flush(60)
    assert sorted(server.records()) == [b"0", b"1", b"2"]


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
