"""PROTOCOL.md's examples, played against the daemon: what the document shows is what comes, byte for byte. What differs
from run to run or release to release (the server's version, when to come back) is passed over."""

import json
import re

import pytest

import protocol_examples

VARYING = re.compile(rb'"server":"[^"]*"|"reconnect_after_ms":\d+')


def comparable(frame):
    """The message without what varies, and whether its header says its length."""
    return int.from_bytes(frame[:4], "big") == len(frame) - 4, VARYING.sub(b"", frame[4:])


def receive(stream):
    header = stream.read(4)
    return header + stream.read(int.from_bytes(header, "big"))


def ack_in(frame):
    return json.loads(frame[4:]).get("ack", 0) if frame else 0


def receive_as_shown(stream, shown):
    """Acks are merged as it happens: one below the next that is shown may come beside it."""
    next_ack = max(map(ack_in, shown))
    for expected in shown:
        got = receive(stream)
        while comparable(got) != comparable(expected) and 0 < ack_in(got) < next_ack:
            got = receive(stream)
        assert comparable(got) == comparable(expected)


def is_the_end(frame):
    return frame is not None and bool({"error", "goodbye"} & set(json.loads(frame[4:])))


class Connection:
    def __init__(self, daemon):
        self.client = daemon.connect()
        self.stream = self.client.sock.makefile("rb")

    def take_turn(self, who, lines):
        if who == "C":
            self.client.sock.sendall(b"".join(lines))
        else:
            receive_as_shown(self.stream, lines)

    def close(self):
        self.stream.close()
        self.client.close()


@pytest.mark.parametrize("example", protocol_examples.stream_examples(), ids=str)
def test_a_conversation_goes_as_it_is_shown(shared, example):
    for stage in example.stages:
        connections = {}
        for who, number, lines in protocol_examples.turns(stage):
            if number not in connections:
                connections[number] = Connection(shared)
            connections[number].take_turn(who, lines)
        for number, connection in connections.items():
            if is_the_end(protocol_examples.last_message(stage, number)):
                assert connection.stream.read() == b""
            connection.close()


def message(lines):
    """A head and a body as they are on the wire."""
    end = lines.index(b"")
    body = b"".join(line + b"\n" for line in lines[end + 1:])
    return b"\r\n".join(lines[:end]) + b"\r\n\r\n", body


@pytest.mark.parametrize("example", protocol_examples.http_examples(), ids=str)
def test_a_request_is_answered_as_it_is_shown(shared, example):
    for stage in example.stages:
        with shared.web() as client:
            for who, _, lines in protocol_examples.turns(stage):
                head, body = message(lines)
                if who == "C":
                    assert f"\r\nContent-Length: {len(body)}\r\n".encode() in head
                    client.send(head + body)
                    continue
                response = client.response()
                first, *fields = head.decode().rstrip().split("\r\n")
                assert response.status == int(first.split(" ")[1])
                for name, value in (field.split(": ", 1) for field in fields):
                    assert response.headers.get(name.lower()) == value, name
                assert response.body == body.rstrip(b"\n")
