"""Under gevent a client's threads are greenlets, and a fork's child inherits them: they end there without a word, and
without a hand on what is their parent's."""

import importlib.util
import os
import socket
import subprocess
import sys

import crawlspool
import pytest
from conftest import CLIENT
from records import numbered
from test_fork import in_child, wait
from tls_end import TlsEnd
from waiting import seconds

PROGRAM = """
from gevent import monkey
monkey.patch_all()
import logging, os, sys, time
sys.path.insert(0, sys.argv[1])
import crawlspool
logging.basicConfig(level=logging.INFO)
options = {"buffer_dir": sys.argv[3]} if sys.argv[3] else {}
if sys.argv[5:]:
    options["tls_ca"] = sys.argv[5]
client = crawlspool.Client(sys.argv[2], **options)

def send(first, count):
    for n in range(first, first + count):
        client.send(b'{"n":%d}' % n)

send(0, 1000)
if "settled" in sys.argv[4]:
    client.flush()
pid = os.fork()
if not pid:
    code = 1
    try:
        if "uses" in sys.argv[4]:
            send(10000, 1000)
        time.sleep(0.05)  # the hub turns, and with it what else is there
        client.close()
        code = 0
    finally:
        os._exit(code)
assert os.waitpid(pid, 0)[1] == 0, "the child"
send(1000, 1000)
client.close()
print(client.counters().connections)
"""


@pytest.mark.skipif(importlib.util.find_spec("gevent") is None,
                    reason="gevent is not installed; Debian has python3-gevent")
@pytest.mark.parametrize("buffered", [False, True], ids=["memory", "buffer"])
@pytest.mark.parametrize("how", ["settled, child uses it", "child uses it", "settled", "neither"])
def test_parent_and_child_send_under_gevent(start, tmp_path, how, buffered):
    server = start()
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(CLIENT), server.url,
                           str(tmp_path / "buffer") if buffered else "", how], capture_output=True, text=True,
                          timeout=seconds(60))
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
    assert "crawlspool" not in done.stderr  # gevent 22.10 has words on an assertion of its own
    assert sorted(server.records()) == sorted(numbered(2000) + (numbered(1000, 10000) if "uses" in how else []))


@pytest.mark.skipif(importlib.util.find_spec("gevent") is None,
                    reason="gevent is not installed; Debian has python3-gevent")
@pytest.mark.parametrize("how", ["settled, child uses it", "neither"])
def test_parent_and_child_send_by_tls_under_gevent(start, certificate, how):
    server = start()
    end = TlsEnd(server.address(), certificate)
    with end.listener:
        done = subprocess.run([sys.executable, "-c", PROGRAM, str(CLIENT), f"tls://{end.address}", "", how,
                               str(certificate[1])], capture_output=True, text=True, timeout=seconds(60), check=False)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
    assert sorted(server.records()) == sorted(numbered(2000) + (numbered(1000, 10000) if "uses" in how else []))


def test_what_watches_a_socket_in_the_child_sees_its_end_and_the_parent_none(start):
    """As under gevent, where the one thread that there is goes on in the child."""
    server = start()
    with crawlspool.Client(server.url) as client:
        client.send(b"1")
        client.flush(30)
        shared = client._driver._shared
        shared.native_ids = [1, 1]

        def child():
            (sock,) = shared.sockets
            assert sock.recv(1) == b"" and shared._wake_read.recv(1) == b""
            assert not os.get_inheritable(sock.fileno())
            with socket.socket(fileno=os.dup(sock.fileno())) as now:
                assert now.family != socket.AF_INET

        wait(in_child(child))
        client.send(b"2")
        client.flush(30)
        assert client.counters().connections == 1
    assert server.records() == [b"1", b"2"]
