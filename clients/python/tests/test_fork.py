"""A fork's child has a session of its own, and none of its parent's records."""

import os
import subprocess
import sys
import threading
import traceback

import crawlspool
import pytest
from conftest import CLIENT
from records import dead_address, numbered
from tls_end import TlsEnd


def in_child(function):
    """Runs it in a fork and waits; the child's end must be clean."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            function()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


def wait(pid):
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.parametrize("buffered", [False, True], ids=["memory", "buffer"])
def test_parent_and_child_send_under_sessions_of_their_own(start, tmp_path, buffered):
    server = start()
    options = {"buffer_dir": tmp_path / "buffer"} if buffered else {}
    client = crawlspool.Client(server.url, **options)
    for record in numbered(1000):
        client.send(record)

    def child():
        assert client.counters().records == 0
        for record in numbered(1000, 10000):
            client.send(record)
        client.close()

    pid = in_child(child)
    for record in numbered(1000, 1000):
        client.send(record)
    client.close()
    wait(pid)
    assert sorted(server.records()) == sorted(numbered(2000) + numbered(1000, 10000))
    assert len(server.sessions()) == 2
    if buffered:
        assert list((tmp_path / "buffer").iterdir()) == []


def test_parent_and_child_send_by_tls(start, certificate):
    server = start()
    end = TlsEnd(server.address(), certificate)
    with end.listener:
        client = crawlspool.Client(f"tls://{end.address}", tls_ca=certificate[1])
        for record in numbered(1000):
            client.send(record)

        def child():
            for record in numbered(1000, 10000):
                client.send(record)
            client.close()

        pid = in_child(child)
        for record in numbered(1000, 1000):
            client.send(record)
        client.close()
        assert client.counters().connections == 1
        wait(pid)
    assert sorted(server.records()) == sorted(numbered(2000) + numbered(1000, 10000))


def test_a_child_that_sends_nothing_harms_nothing(start):
    server = start()
    with crawlspool.Client(server.url) as client:
        client.send(b"1")
        wait(in_child(lambda: None))
        client.send(b"2")
        client.flush(30)
        assert client.counters().connections == 1
    assert server.records() == [b"1", b"2"]


def test_a_fork_while_another_thread_sends_leaves_a_usable_client(start):
    server = start()
    client = crawlspool.Client(server.url, window=50)
    sender = threading.Thread(target=lambda: [client.send(record) for record in numbered(5000)])
    sender.start()
    children = [in_child(lambda part=part: (client.send(b'{"child":%d}' % part), client.close())) for part in range(5)]
    for pid in children:
        wait(pid)
    sender.join()
    client.close()
    stored = server.records()
    assert sorted(stored) == sorted(numbered(5000) + [b'{"child":%d}' % part for part in range(5)])


def test_what_the_parent_holds_is_not_the_childs_to_wait_for():
    sock, url = dead_address()
    with sock:
        client = crawlspool.Client(url, close_timeout=0)
        client.send(b"1")
        wait(in_child(lambda: client.close()))
        with pytest.raises(crawlspool.Unsettled):
            client.close()


@pytest.mark.parametrize("buffered", [False, True], ids=["memory", "buffer"])
def test_a_closed_client_touches_nothing_in_a_child(start, tmp_path, buffered):
    server = start()
    options = {"buffer_dir": tmp_path / "buffer"} if buffered else {}
    client = crawlspool.Client(server.url, **options)
    client.send(b"1")
    client.close()
    files = [open(os.devnull, "rb") for _ in range(20)]  # they have the descriptors now that the client had

    def child():
        for file in files:
            os.fstat(file.fileno())
        with pytest.raises(crawlspool.Closed):
            client.send(b"2")

    wait(in_child(child))
    for file in files:
        file.close()


IMPORTS = """
import sys
sys.path.insert(0, sys.argv[1])
import crawlspool
before = set(sys.modules)
with crawlspool.Client(sys.argv[2]) as client:
    client.send({"a": 1})
print(*sorted(set(sys.modules) - before))
"""


def test_a_client_at_work_imports_nothing(start):
    """A fork in the middle of an import by another thread would leave the child waiting for its end for ever."""
    server = start()
    done = subprocess.run([sys.executable, "-c", IMPORTS, str(CLIENT), server.url], check=True, capture_output=True,
                          text=True)
    assert done.stdout.split() == []
