"""Records that are sent while the interpreter shuts down: after the client's exit handler nobody waits for them, so
they are refused, and a process always ends."""

import subprocess
import sys

import pytest
from conftest import CLIENT
from waiting import seconds

HEAD = """
import asyncio, atexit, sys
sys.path.insert(0, sys.argv[1])
url, buffer = sys.argv[2], sys.argv[3]
options = {"buffer_dir": buffer} if buffer else {}
def report(function):
    try:
        function()
        print("taken")
    except BaseException as error:
        print(type(error).__name__, error)
    sys.stdout.flush()
"""


def run(program, url, buffer=""):
    return subprocess.run([sys.executable, "-c", HEAD + program, str(CLIENT), url, str(buffer)], capture_output=True,
                          text=True, timeout=seconds(60))


@pytest.mark.parametrize("buffered", [False, True], ids=["memory", "buffer"])
def test_a_first_record_after_the_exit_handler_is_refused(start, tmp_path, buffered):
    """Handlers run in the opposite order of their registration: this one after the package's."""
    server = start()
    done = run("""
def late():
    report(lambda: client.send(1))
    report(lambda: crawlspool.Client(url, **options).send(2))
    report(client.close)
atexit.register(late)
import crawlspool
client = crawlspool.Client(url)
""", server.url, tmp_path / "buffer" if buffered else "")
    first, second, third = done.stdout.splitlines()
    assert first.startswith("Closed the interpreter is shutting down") and second == first and third == "taken"
    assert done.returncode == 0 and server.records() == []


def test_a_record_after_the_exit_handler_is_refused_by_a_client_that_was_at_work(start):
    server = start()
    done = run("""
atexit.register(lambda: report(lambda: client.send(2)))
import crawlspool
client = crawlspool.Client(url)
client.send(1)
""", server.url)
    assert done.stdout.startswith("Closed the interpreter is shutting down")
    assert server.records() == [b"1"]


def test_a_record_of_an_exit_handler_before_that_is_stored(start):
    server = start()
    done = run("""
import crawlspool
client = crawlspool.Client(url)
atexit.register(lambda: report(lambda: client.send(1)))
""", server.url)
    assert done.stdout == "taken\n" and server.records() == [b"1"]


@pytest.mark.parametrize("used", [False, True], ids=["first record", "one more record"])
def test_a_record_from_a_finalizer_at_the_end_is_refused(start, used):
    """It runs when modules are taken down, where a thread that is started never begins."""
    server = start()
    done = run(f"""
import crawlspool
class Holder:
    def __init__(self):
        self.client = crawlspool.Client(url)
        if {used}:
            self.client.send(0)
    def __del__(self):
        self.client.send(1)
sys.modules["holder"] = Holder()
""", server.url)
    assert "the interpreter is shutting down" in done.stderr
    assert done.returncode == 0 and server.records() == ([b"0"] if used else [])


def test_asyncio_refuses_after_the_exit_handler_too(start):
    server = start()
    done = run("""
async def send(client):
    await client.send(1)
atexit.register(lambda: report(lambda: asyncio.run(send(client))))
atexit.register(lambda: report(lambda: asyncio.run(send(crawlspool.aio.Client(url)))))
import crawlspool.aio
client = crawlspool.aio.Client(url)
""", server.url)
    assert done.stdout.count("Closed the interpreter is shutting down") == 2
    assert server.records() == []


def test_what_a_client_says_at_the_end_is_logged(start):
    """Where no thread can be started any more."""
    done = run("""
import logging
logging.basicConfig()
import crawlspool
client = crawlspool.Client("tcp://127.0.0.1:1", close_timeout=0.1)
crawlspool.journal._thread._starting.acquire()  # as if none could be had
client.send(1)
""", "")
    assert "the connection has ended, 1 records wait" in done.stderr and done.returncode == 0
