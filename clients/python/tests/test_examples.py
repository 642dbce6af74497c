"""PROTOCOL.md's conversations with a session, with the client's engine in the client's place: told what the server says
there, it says what the client says there, byte for byte but for the hello's optional members."""

import json

import protocol_examples
import pytest
from conversation import Conversation, read_frames
from crawlspool import frames

HELLO = frames.frame(b"", frames.HELLO)[:1]


def is_played(example):
    """With a session from the first frame on, and without a frame that this client never sends."""
    lines = [line for stage in example.stages for line in stage if line.who == "C"]
    whole = all(int.from_bytes(line.data[:4], "big") & frames.LENGTH_MAX == len(line.data) - 4 for line in lines)
    return whole and lines[0].data[:1] == HELLO and b'"session"' in lines[0].data


EXAMPLES = [example for example in protocol_examples.stream_examples() if is_played(example)]


class Player:
    """A client for each process that the example shows: one that says another name, or sits on a second connection."""

    def __init__(self):
        self.clients = {}

    def hello(self, connection, wanted):
        who = (connection, wanted.get("client"), wanted["session"])
        if who not in self.clients:
            one = self.clients[who] = Conversation(client=wanted.get("client"))
            one.session.digits = wanted["session"]
            for number in range(1, wanted.get("from", 1)):  # what an earlier part of its life has settled
                one.put(b"0")
                one.session.sent = number
                one.session.settle(number)
        one = self.clients[who]
        one.engine.end(one.now)
        ((kind, payload),) = read_frames(one.engine.begin(one.server, one.now))
        said = json.loads(payload)
        assert kind == frames.HELLO
        assert {key: said.get(key) for key in {**wanted, "from": 1}} == {"from": 1, **wanted}
        return one


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_client_talks_as_the_document_shows(example):
    player = Player()
    for stage in example.stages:
        talking = {}
        for line in stage:
            if line.who == "S":
                talking[line.connection].engine.receive(line.data, 0.0)
                continue
            ((kind, payload),) = read_frames(line.data)
            if kind == frames.HELLO:
                talking[line.connection] = player.hello(line.connection, json.loads(payload))
                continue
            one = talking[line.connection]
            if kind == frames.BYE:
                one.engine.finishing = True
            else:
                one.put(payload)
            assert one.output() == [(kind, payload)]


def test_there_are_such_conversations():
    assert len(EXAMPLES) >= 5
