"""What a listener of stream or http says for its senders: their names, and that nothing is ever written to them."""

import json
import socket

import pytest
from frames import BATCH, BYE, PING, Client, frame, frames, hello
from waiting import wait_until

ANY = "tcp://127.0.0.1:0"
SILENT = {"listen.stream": json.dumps([f"{ANY}?answers=no", ANY])}
SESSION = "4f1c2d3e4f5061728394a5b6c7d8e9f0"


def stored(daemon, count):
    return wait_until(lambda: len(found := daemon.spool.lines(live=True)) >= count and found, f"{count} are stored")


def said_to(daemon, data, index=0):
    """All that the server writes to who sends this and ends its side."""
    with socket.create_connection(daemon.address("stream", index), 30) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b""))


# ---- names ----

def test_frames_are_labelled_as_their_listener_says_unless_a_hello_does(start):
    daemon = start({"listen.stream": json.dumps([f"{ANY}?stream=raw&client=vector"])})
    for first in (b"", hello(), hello(stream="own"), hello(client="worker-7")):
        said_to(daemon, first + frame(b"1"))
    assert [(line.client, line.stream) for line in stored(daemon, 4)] == [
        ("vector", "raw"), ("vector", "raw"), ("vector", "own"), ("worker-7", "raw")]


def test_a_session_belongs_to_the_client_that_the_listener_names(start):
    daemon = start({"listen.stream": json.dumps([f"{ANY}?client=vector", ANY])})
    with daemon.connect() as client:
        client.hello(session=SESSION)
        client.send_record(b"1")
        client.wait_ack()
    with daemon.connect(index=1) as other:
        other.send(hello(session=SESSION, client="worker-7"))
        other.expect_error("session_mismatch")


def test_bodies_are_labelled_as_their_listener_says_unless_a_request_does(start):
    daemon = start({"listen.http": json.dumps([f"{ANY}?stream=raw&client=curl"])})
    assert daemon.post(b"1").status == 200
    assert daemon.post(b"2", **{"Crawlspool-Stream": "own"}).status == 200
    assert daemon.post(b"3", **{"Crawlspool-Client": "worker-7"}).status == 200
    assert [(line.client, line.stream) for line in stored(daemon, 3)] == [
        ("curl", "raw"), ("curl", "own"), ("worker-7", "raw")]


# ---- answers=no ----

def test_a_sender_of_frames_that_never_reads_and_closes_loses_nothing(start):
    daemon = start(SILENT)
    record = b'{"x":"%s"}' % (b"y" * 192)
    with socket.create_connection(daemon.address(), 30) as sock:
        sock.sendall(frame(record) * (3_000_000 // len(frame(record))) + frame(b'"last"'))
    lines = stored(daemon, 3_000_000 // len(frame(record)) + 1)
    assert lines[-1].record == b'"last"' and [line.seq for line in lines] == list(range(1, len(lines) + 1))


SAYINGS = {
    "records": frames([b"1", b"not json", b"2"]),
    "hello": hello(client="worker-7", session=SESSION, heartbeat=True) + frame(b"1"),
    "a bad hello": hello(client=7),
    "ping": frame(b"", PING),
    "bye": frame(b"1") + frame(b"", BYE),
    "a bad frame": frame(b"1") + b"\x70\0\0\0",
    "a bad first frame": b"\x70\0\0\0",
    "another protocol": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "too many records": frame(b"1\n" * 70_000, BATCH),
}


@pytest.mark.parametrize("what", SAYINGS)
def test_nothing_is_ever_written(start, what):
    daemon = start(SILENT)
    assert said_to(daemon, SAYINGS[what]) == b""
    assert said_to(daemon, SAYINGS[what], index=1) != b"", "the same is answered where answers are not switched off"


def test_who_meets_a_limit_is_closed_without_a_word(start):
    daemon = start({**SILENT, "limits.connections_max": "1"})
    with Client(daemon.address()) as first:
        first.send_record(b"1")
        stored(daemon, 1)
        assert said_to(daemon, b"") == b""
    daemon.wait_event("conn_refused", limit="connections_max")


def test_no_deadline_closes_who_cannot_learn_of_it(start):
    """Neither for being idle, nor for being old, nor for a frame that comes slowly or not at all."""
    daemon = start({**SILENT, "timeouts.idle": "300ms", "timeouts.frame": "300ms", "timeouts.connection": "300ms"})
    idle, begun, quiet = (socket.create_connection(daemon.address(), 30) for _ in range(3))
    idle.sendall(frame(b"1"))
    begun.sendall(frame(b'"begun"')[:6])
    stored(daemon, 1)
    for _ in range(2):
        assert said_to_end(daemon, frame(b"0")), "one that is answered is closed"
    idle.sendall(frame(b"2"))
    begun.sendall(frame(b'"begun"')[6:])
    quiet.sendall(frame(b"3"))
    assert sorted(line.record for line in stored(daemon, 6)) == [b'"begun"', b"0", b"0", b"1", b"2", b"3"]
    for sock in (idle, begun, quiet):
        sock.close()


def said_to_end(daemon, data):
    """What who stays is sent up to the server's end."""
    with Client(daemon.address(index=1), timeout=30) as client:
        client.send(data)
        return client.until_end()


def test_a_stop_takes_in_what_was_read_and_says_nothing(start):
    daemon = start(SILENT)
    with socket.create_connection(daemon.address(), 30) as sock:
        sock.sendall(frame(b"1"))
        stored(daemon, 1)
        assert daemon.terminate() == 0
        assert sock.recv(65536) == b""


def test_lines_that_ask_for_answers_get_none_either(start):
    daemon = start({"listen.lines": json.dumps([f"{ANY}?answers=no"])})
    for text in (b'{"crawlspool":1,"ack":true}\n1\nnot json\n', b'{"crawlspool":9}\n', b"GET / HTTP/1.1\r\n\r\n"):
        with socket.create_connection(daemon.address("lines"), 30) as sock:
            sock.sendall(text)
            sock.shutdown(socket.SHUT_WR)
            assert sock.recv(65536) == b""
