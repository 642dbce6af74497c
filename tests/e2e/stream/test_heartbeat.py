"""Heartbeats: the server's, where they are asked for, and the client's."""

import itertools
import json
import select

import pytest

from frames import BATCH, PING, PONG, frame
from sessions import new_session
from slow_sync import slow_sync
from waiting import seconds

IDLE = {"timeouts.idle": f"{int(seconds(1000))}ms"}


def messages_until(silent, active, act=lambda message: None):
    """What `active` is told until `silent`, on which nothing happens, is closed: more than the idle time has passed
    for both. `act` is called for each message, and with None again and again in between."""
    told = []
    while not select.select([silent.sock], [], [], seconds(0.05))[0]:
        act(None)
        while select.select([active.sock], [], [], 0)[0]:
            message = active.receive()
            assert message is not None, f"closed, after {told}"
            told.append(message)
            act(message)
    silent.expect_goodbye("idle_timeout")
    return told


def test_who_asks_is_pinged_and_stays_as_long_as_it_answers(start):
    daemon = start(IDLE)
    client = daemon.connect()
    client.hello(heartbeat=True)

    def answer(message):
        if message and "ping" in message:
            client.send(frame(json.dumps(message["ping"]).encode(), PONG))

    for _ in range(2):
        silent = daemon.connect()
        silent.hello()
        told = messages_until(silent, client, answer)
        assert told and all(message.keys() == {"ping"} for message in told), told
    client.ping()


def test_who_asks_and_does_not_answer_is_closed(start):
    client = start(IDLE).connect()
    client.hello(heartbeat=True)
    assert "ping" in client.receive()
    client.expect_goodbye("idle_timeout")


def test_who_does_not_ask_is_not_pinged(start):
    daemon = start(IDLE)
    clients = [daemon.connect() for _ in range(2)]
    clients[0].hello()
    clients[1].hello(heartbeat=False)
    for client in clients:
        client.send_record(b"1")
        client.wait_ack()
    for client in clients:
        assert client.receive()["goodbye"]["reason"] == "idle_timeout"


def test_any_input_is_a_sign_of_life_and_makes_pings_needless(start):
    """Also ten bytes now and then of a frame that has begun."""
    daemon = start(IDLE)
    long_frame = frame(b'"%s"' % (b"x" * 5000))
    signs = {daemon.connect(): itertools.repeat(sign)
             for sign in (frame(b"1"), frame(b"", BATCH), frame(b"", PING), frame(b"", PONG))}
    dripping = daemon.connect()
    signs[dripping] = (long_frame[begin:begin + 10] for begin in range(0, len(long_frame), 10))
    for client in signs:
        client.hello(heartbeat=True)
    silent = daemon.connect()
    silent.hello()

    def speak(message):
        if message is None:
            for client, sign in signs.items():
                client.send(next(sign))

    told = messages_until(silent, dripping, speak)
    dripping.half_close()
    told += dripping.until_end()
    for client in signs.keys() - {dripping}:
        client.send(frame(b'"the last"', PING))
        told += iter(client.receive, {"pong": "the last"})
    assert told and not any("ping" in message for message in told), told


def test_no_idle_timeout_means_no_pings_either(start):
    daemon = start({"timeouts.idle": "0"})
    client = daemon.connect()
    client.hello(heartbeat=True)
    assert client.ping() is None


@pytest.mark.parametrize("ack", ["synced", "written"])
def test_a_connection_is_idle_once_its_records_are_synced_and_not_before(start, tmp_path, ack):
    daemon = start({"timeouts.idle": "100ms"}, **slow_sync(tmp_path, 250))
    client = daemon.connect(timeout=60)
    client.hello(session=new_session(), ack=ack)
    client.send_record(b"1")
    assert client.receive() == {"ack": 1}
    client.expect_goodbye("idle_timeout")


@pytest.mark.parametrize("payload", [b"", b"null", b"0", b"-1.5e3", b'"x"', b'{"t":[1,{"a":null}]}',
                                     b'"%s"' % (b"p" * 254)])
def test_a_pong_brings_back_what_the_ping_held(shared, payload):
    client = shared.connect()
    client.hello()
    assert client.ping(payload) == (json.loads(payload) if payload else None)


@pytest.mark.parametrize("payload", [b"", b"null", b"{oops", b"\xff" * 256])
def test_a_pong_nobody_asked_for_is_passed_over(shared, payload):
    client = shared.connect()
    client.hello()
    client.send(frame(payload, PONG))
    assert client.ping(b"7") == 7
