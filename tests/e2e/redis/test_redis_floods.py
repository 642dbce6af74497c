"""Whoever floods listen.redis from one address costs no more than its share: nothing nested, no memory for claims, replies that nobody
reads, commands that yield nothing."""

import threading

import daemon as daemon_module
import pytest
from flood import Flood
from polite import acks_while
from resp import Resp, command
from waiting import seconds, wait_until

MIB = 1 << 20
LISTEN = {"listen.redis": '["tcp://127.0.0.1:0"]', "io_threads": "1"}
BOUNDED = {**LISTEN, "limits.memory_bytes_max": "64MiB", "limits.connections_per_ip_max": "0"}
BESIDE = 64 * MIB  # what the process may take beside its limit: OPERATIONS.md, "Sizing"
LARGE = b'"' + b"x" * (16 * MIB - 2) + b'"'

FLOODS = {
    "nested arrays": (b"*1\r\n" * 10_000, 200),
    "claims of 512 MiB": (b"*2\r\n$536870912\r\n" + b"x" * 1_000_000, 200),
    "claims of 65538 parts": (b"*65538\r\n" + b"$0\r\n\r\n" * 65_537, 100),
    "large items": (command("RPUSH", "s", LARGE), 30),
    "large commands": (command("RPUSH", "s", *[b'{"a":1}'] * 60_000) * 4, 40),
    "bad items": (command("RPUSH", "s", b"x") * 50_000, 40),
    "entries of controls": (command("XADD", "s", "*", "a", b"\x01" * (15 * MIB)), 20),
    "echoes": (command("ECHO", b"x" * MIB) * 16, 40),
    "inline words": (b"a " * 32_000 + b"\r\n", 200),
}


@pytest.mark.parametrize("name", FLOODS)
@pytest.mark.parametrize("reads", [True, False], ids=["reads", "does not read"])
def test_memory_stays_bounded_and_others_are_served(start, name, reads):
    payload, connections = FLOODS[name]
    daemon = start(BOUNDED)
    with Flood(daemon.address("redis"), payload, connections, reads=reads, source="127.0.0.9") as flood:
        for _ in range(3):
            client = daemon.connect(timeout=60)
            client.send_record(b"1")
            assert client.wait_ack() == 1
        wait_until(lambda: flood.sent + flood.ended > 0 or daemon.status()["rejects"], "some of it is in", 60)
    assert daemon_module.is_sanitized() or daemon.memory_peak_bytes() <= 64 * MIB + BESIDE, daemon.memory_peak_bytes()


class Sender(threading.Thread):
    """Sends all it has, and reads what is said until nothing more comes."""

    def __init__(self, daemon, data):
        super().__init__(daemon=True)
        self.client, self.data = Resp(daemon.address("redis"), timeout=60), data
        daemon.clients.append(self.client)

    def run(self):
        reader = threading.Thread(target=self.client.file.read, daemon=True)
        reader.start()
        self.client.sock.sendall(self.data + command("QUIT"))
        reader.join(seconds(60))


@pytest.mark.parametrize("data", [b"*0\r\n" * (8 * MIB), b"\r\n" * (16 * MIB), b"PING\r\n" * (2 * MIB), b"INFO\r\n" * (MIB // 2),
                                  command("RPUSH", "s", b"x") * 300_000, command("RPUSH", "s", *[b"1"] * 65_000, b"x") * 40],
                         ids=["empty arrays", "blank lines", "pings", "infos", "rejects", "refused commands"])
def test_commands_that_yield_nothing_take_no_longer_turns(start, data):
    daemon = start(LISTEN)
    polite = daemon.connect(timeout=60)
    acks = acks_while(Sender(daemon, data), polite)
    assert acks >= 5, acks  # all of it in one turn would leave room for one or two


def test_items_that_become_too_much_wait_for_their_credit(start):
    name = "n" * 128
    daemon = start({**LISTEN, "limits.amplification_max": "5",
                    "listen.redis": f'["tcp://127.0.0.1:0?client={name}&stream={name}"]'})
    with Flood(daemon.address("redis"), command("RPUSH", "", *[b"1"] * 60_000) * 4, 1):
        wait_until(lambda: daemon.admin("/connections").json()["connections"][0]["state"] == "amplification", "it waits", 60)


def test_replies_that_are_not_read_do_not_hold_up_a_stop(start):
    daemon = start(LISTEN)
    with Flood(daemon.address("redis"), command("ECHO", b"x" * 1000) * 100_000, 2, reads=False):
        wait_until(lambda: {one["state"] for one in daemon.admin("/connections").json()["connections"]} == {"output"}, "replies wait")
        assert daemon.terminate() == 0
    assert daemon.events("stopped", exit="0") and not daemon.events("stopped", reason="drain_timeout")
