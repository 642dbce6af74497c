"""A record a line: silent for those who never read, with answers for those who ask in their first line."""

import json
import shutil
import socket
import subprocess

import pytest
from frames import endpoint_text
from waiting import seconds, wait_until

SESSION = "4f1c2d3e4f5061728394a5b6c7d8e9f0"


@pytest.fixture
def daemon(start):
    return start({"listen.lines": '["tcp://127.0.0.1:0"]'})


def connect(daemon, index=0):
    sock = socket.create_connection(daemon.address("lines", index), seconds(10))
    daemon.clients.append(sock)
    return sock


def read_all(sock):
    """What the server says up to its end, line by line."""
    with sock.makefile("rb") as file:
        return [json.loads(line) for line in file]


def converse(daemon, text, index=0):
    sock = connect(daemon, index)
    sock.sendall(text)
    sock.shutdown(socket.SHUT_WR)
    return read_all(sock)


def stored(daemon, count):
    return wait_until(lambda: len(daemon.spool.lines(live=True)) >= count and daemon.spool.lines(live=True), f"{count} are stored")


def hello(**members):
    return json.dumps({"crawlspool": 1, "ack": True, **members}).encode() + b"\n"


def test_each_line_is_a_record_and_nothing_is_said(daemon):
    assert converse(daemon, b'{"a":1}\n\n[2]\r\n"last"') == []
    lines = stored(daemon, 3)
    assert [(line.record, line.seq, line.via) for line in lines] == [(b'{"a":1}', 1, "lines"), (b"[2]", 2, "lines"), (b'"last"', 3, "lines")]


@pytest.mark.skipif(shutil.which("nc") is None, reason="no nc here")
def test_a_thousand_lines_of_nc_are_stored_once_each(daemon):
    text = b"".join(b'{"n":%d}\n' % n for n in range(1000))
    host, port = daemon.address("lines")
    subprocess.run(["nc", "-N", host, str(port)], input=text, timeout=seconds(30), check=True, capture_output=True)
    assert [json.loads(line.record)["n"] for line in stored(daemon, 1000)] == list(range(1000))


def test_a_sender_that_never_reads_and_closes_loses_nothing(daemon):
    record = b'{"x":"' + b"y" * 190 + b'"}\n'
    sock = connect(daemon)
    sock.sendall(record * 15_000 + b"not json\n")
    sock.close()
    stored(daemon, 15_000)
    wait_until(lambda: daemon.spool.rejected(), "the reject is kept")
    assert daemon.spool.rejected()[0]["via"] == "lines"


def test_who_asks_is_answered_line_by_line(daemon):
    said = converse(daemon, hello(client="worker-7", stream="quotes") + b'{"a":1}\nnot json\n{"b":2}\n')
    assert [next(iter(message)) for message in said if "ack" not in message] == ["welcome", "reject", "goodbye"]
    assert [message["ack"] for message in said if "ack" in message][-1] == 3
    assert next(message["reject"]["seq"] for message in said if "reject" in message) == 2
    assert said[-1]["goodbye"]["reason"] == "bye"
    assert [(line.client, line.stream, line.seq) for line in stored(daemon, 2)] == [("worker-7", "quotes", 1), ("worker-7", "quotes", 3)]


def test_a_session_goes_on_where_it_was(daemon):
    first = converse(daemon, hello(session=SESSION) + b"1\n2\n")
    assert first[0]["welcome"]["last_seq"] == 0
    again = converse(daemon, hello(session=SESSION) + b"3\n")
    assert again[0]["welcome"] == {**again[0]["welcome"], "last_seq": 2, "known": True}
    assert [line.seq for line in stored(daemon, 3)] == [1, 2, 3]


def test_a_hello_without_ack_names_the_sender_and_stays_silent(daemon):
    assert converse(daemon, hello(ack=False, stream="raw") + b"1\n") == []
    assert stored(daemon, 1)[0].stream == "raw"


def test_settings_of_the_entry_name_its_senders(start):
    daemon = start({"listen.lines": '["tcp://127.0.0.1:0?stream=raw&client=syslog&answers=no"]'})
    assert converse(daemon, b"1\n") == []
    assert converse(daemon, hello(stream="own") + b"2\n") == []
    assert [(line.client, line.stream) for line in stored(daemon, 2)] == [("syslog", "raw"), ("syslog", "own")]


@pytest.mark.parametrize("first, name", [
    (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP"), (b"\x16\x03\x01\x00\xa5\x01", "TLS"),
    (b"*1\r\n$4\r\nPING\r\n", "Redis"), (b"\x00\x00\x00\x02{}", "frames"),
])
def test_other_protocols_are_named(daemon, first, name):
    (said,) = converse(daemon, first)
    assert said["error"]["code"] == "wrong_protocol" and name in said["error"]["detail"]
    assert daemon.wait_event("conn_error", code="wrong_protocol")
    assert daemon.spool.lines(live=True) == []


def test_a_bad_hello_is_refused_in_words(daemon):
    (said,) = converse(daemon, b'{"crawlspool":9}\n')
    assert said["error"]["code"] == "bad_hello" and "protocol 9" in said["error"]["detail"]


def test_a_line_over_the_limit_costs_only_itself(start):
    daemon = start({"listen.lines": '["tcp://127.0.0.1:0"]', "limits.record_bytes_max": "1KiB"})
    said = converse(daemon, hello() + b'"' + b"x" * 5000 + b'"\n{"after":1}\n')
    assert [message["reject"]["code"] for message in said if "reject" in message] == ["record_too_large"]
    assert [line.record for line in stored(daemon, 1)] == [b'{"after":1}']


def test_idle_closes_those_who_can_learn_of_it(start):
    daemon = start({"listen.lines": '["tcp://127.0.0.1:0"]', "timeouts.idle": "300ms", "timeouts.frame": "300ms"})
    silent, begun, asking = connect(daemon), connect(daemon), connect(daemon)
    silent.sendall(b"1\n")
    begun.sendall(b'{"begun":')
    asking.sendall(hello())
    assert read_all(asking)[-1]["goodbye"]["reason"] == "idle_timeout"
    begun.sendall(b"1}\n")
    silent.sendall(b"2\n")
    assert sorted(line.record for line in stored(daemon, 3)) == [b"1", b"2", b'{"begun":1}']


def test_a_unix_socket_carries_lines(start, tmp_path_factory):
    path = tmp_path_factory.mktemp("s") / "lines.sock"
    daemon = start({"listen.lines": json.dumps([f"unix://{path}?stream=local"])})
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(path))
    sock.sendall(b"1\n")
    sock.close()
    (line,) = stored(daemon, 1)
    assert (line.stream, line.via) == ("local", "lines") and line.peer.startswith("unix:uid=")


def test_a_drain_takes_in_what_was_read_and_says_goodbye_to_those_who_ask(daemon):
    asking = connect(daemon)
    asking.sendall(hello() + b"1\n")
    stored(daemon, 1)
    assert daemon.terminate() == 0
    said = read_all(asking)
    assert said[-1]["goodbye"]["reason"] == "draining" and {"ack": 1} in said


def test_connections_of_lines_count_for_the_limits(start):
    daemon = start({"listen.lines": '["tcp://127.0.0.1:0"]', "limits.connections_max": "1"})
    first = connect(daemon)
    first.sendall(b"1\n")
    stored(daemon, 1)
    assert converse(daemon, b"2\n")[0]["error"]["code"] == "too_many_connections"
    assert daemon.status()["connections"]["lines"] == 1
    assert endpoint_text(first.getsockname()) == daemon.spool.lines(live=True)[0].peer
