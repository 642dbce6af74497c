"""Heartbeats: the server's, where they are asked for, and the client's."""

import json
import secrets
import select

import pytest

from frames import BATCH, PING, PONG, frame
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


@pytest.mark.parametrize("members", [{}, {"heartbeat": False}], ids=["not asked", "false"])
def test_who_does_not_ask_is_not_pinged(start, members):
    client = start(IDLE).connect()
    client.hello(**members)
    client.send_record(b"1")
    client.wait_ack()
    assert client.receive()["goodbye"]["reason"] == "idle_timeout"


@pytest.mark.parametrize("sign", [frame(b"1"), frame(b"", BATCH), frame(b"", PING), frame(b"", PONG)],
                         ids=["record", "batch", "ping", "pong"])
def test_any_input_is_a_sign_of_life_and_makes_pings_needless(start, sign):
    daemon = start(IDLE)
    client, silent = daemon.connect(), daemon.connect()
    client.hello(heartbeat=True)
    silent.hello()
    told = messages_until(silent, client, lambda message: message or client.send(sign))
    assert not any("ping" in message for message in told)
    client.ping()


def test_a_begun_frame_is_a_sign_of_life_too(start):
    daemon = start(IDLE)
    client, silent = daemon.connect(), daemon.connect()
    client.hello(heartbeat=True)
    silent.hello()
    rest = bytearray(frame(b'"%s"' % (b"x" * 5000)))

    def drip(message):
        if message is None:
            client.send(rest[:10])
            del rest[:10]

    told = messages_until(silent, client, drip)
    assert not any("ping" in message for message in told)
    client.send(rest)
    client.wait_ack(1)


def test_no_idle_timeout_means_no_pings_either(start):
    daemon = start({"timeouts.idle": "0"})
    client = daemon.connect()
    client.hello(heartbeat=True)
    assert client.ping() is None


def test_a_connection_with_unsettled_records_is_not_idle(start, tmp_path):
    daemon = start({"timeouts.idle": "100ms"}, **slow_sync(tmp_path, 250))
    client = daemon.connect(timeout=60)
    client.hello(session=secrets.token_hex(16))
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
