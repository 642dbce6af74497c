"""Whoever floods listen.lines costs no more than its share: blank lines, refused lines, lines that become far more than
was sent, and answers that nobody reads, also when the daemon stops."""

import json
import socket
import threading

import pytest

from flood import Flood, fill
from polite import acks_while
from waiting import seconds, wait_until

MIB = 1 << 20
CREDIT = 16 * MIB
LISTEN = {"listen.lines": '["tcp://127.0.0.1:0"]', "io_threads": "1"}
HELLO = b'{"crawlspool":1,"ack":true}\n'


def connect(daemon, receive_buffer=None):
    sock = socket.socket()
    daemon.clients.append(sock)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(seconds(60))
    sock.connect(daemon.address("lines"))
    return sock


def state(daemon):
    """Of the one connection."""
    (one,) = daemon.admin("/connections").json()["connections"]
    return one["state"]


class Sender(threading.Thread):
    """Sends all it has, and waits until all of it is taken in."""

    def __init__(self, daemon, data):
        super().__init__(daemon=True)
        self.sock, self.data = connect(daemon), data
        self.rest = None

    def run(self):
        self.sock.sendall(self.data)
        self.sock.shutdown(socket.SHUT_WR)
        self.rest = self.sock.recv(1)


@pytest.mark.parametrize("data", [b"\n" * (64 * MIB), b"{bad\n" * 400_000], ids=["blank lines", "rejects"])
def test_lines_that_yield_nothing_take_no_longer_turns(start, data):
    daemon = start(LISTEN)
    polite = daemon.connect(timeout=60)
    sender = Sender(daemon, data)
    acks = acks_while(sender, polite)
    assert sender.rest == b"", "it was closed in order"
    assert acks >= 5, acks  # all of it in one turn would leave room for one or two


def test_lines_that_become_too_much_wait_for_their_credit(start):
    name = "n" * 128
    daemon = start({**LISTEN, "limits.amplification_max": "20",
                    "listen.lines": f'["tcp://127.0.0.1:0?client={name}&stream={name}"]'})
    with Flood(daemon.address("lines"), b"1\n" * 200_000, 1):
        wait_until(lambda: daemon.status()["spool"]["position"] > CREDIT, "the credit is used up", 60)
        wait_until(lambda: state(daemon) == "amplification", "it waits", 60)
        assert daemon.status()["spool"]["position"] < CREDIT + 4 * MIB


@pytest.mark.parametrize("data", [b"{bad\n" * 400_000, b"1\n{bad\n" * 300_000], ids=["rejects", "every other"])
def test_answers_that_are_not_read_do_not_hold_up_a_stop(start, data):
    daemon = start(LISTEN)
    sock = connect(daemon, receive_buffer=4096)
    sock.sendall(HELLO)
    fill(sock, data)
    wait_until(lambda: state(daemon) == "output", "its answers wait")
    assert daemon.terminate() == 0
    assert daemon.events("stopped", exit="0") and not daemon.events("stopped", reason="drain_timeout")


def test_a_line_that_has_no_end_yet_is_given_up_by_a_stop(start):
    daemon = start(LISTEN)
    sock = connect(daemon)
    sock.sendall(HELLO + b'1\n{"half":')
    wait_until(lambda: daemon.spool.lines(live=True), "the first is stored")
    assert daemon.terminate() == 0
    assert daemon.spool.records() == [b"1"]
    with sock.makefile("rb") as file:
        said = [json.loads(line) for line in file]
    assert {"ack": 1} in said and said[-1]["goodbye"]["reason"] == "draining"
