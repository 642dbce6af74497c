"""What a Redis client is replied to while the disk is full, and what is there after a kill."""

import os
import threading

from resp import Resp, RespError, command
from waiting import seconds, wait_until

LISTEN = {"listen.redis": '["tcp://127.0.0.1:0"]'}
FULL = {**LISTEN, "spool.keep_free_bytes": "100TiB"}


def connect(daemon, timeout=20):
    client = Resp(daemon.address("redis"), timeout)
    daemon.clients.append(client)
    return client


def full(start, **settings):
    daemon = start({**FULL, **settings})
    wait_until(lambda: daemon.status()["state"] == "disk_full", "state disk_full")
    return daemon


def test_while_the_disk_is_full_a_command_waits_and_then_gets_an_error(start):
    daemon = full(start, **{"timeouts.write": "500ms"})
    client = connect(daemon)
    assert client.call("PING") == "PONG"
    client.sock.sendall(command("RPUSH", "s", "1") + command("PING") + command("XADD", "s", "*", "item", "2") * 5000)
    assert str(client.reply()).startswith("ERR crawlspool disk_full ")
    assert client.reply() == "PONG"
    assert all(str(client.reply()).startswith("ERR crawlspool disk_full ") for _ in range(5000))
    assert client.call("PING") == "PONG"
    assert daemon.spool.lines(live=True) == []


def test_a_command_that_comes_later_waits_its_own_time(start):
    daemon = full(start, **{"timeouts.write": "1500ms"})
    client = connect(daemon)
    assert str(client.call("RPUSH", "s", "1")).startswith("ERR crawlspool disk_full ")

    def waits():
        """Those that come within a second behind the error are refused with it."""
        client.send("RPUSH", "s", "2")
        return daemon.admin("/connections").json()["connections"][0]["state"] == "disk_full"

    wait_until(waits, "it waits again")
    daemon.kill()


def test_what_waits_for_room_is_stored_and_replied_to(tmpfs, start):
    ballast = tmpfs / "ballast"
    ballast.write_bytes(bytes(15 << 20))
    daemon = start({**LISTEN, "spool.keep_free_bytes": "4MiB"}, spool_directory=tmpfs / "spool")
    wait_until(lambda: daemon.status()["state"] == "disk_full", "state disk_full")
    client = connect(daemon)
    client.sock.sendall(command("RPUSH", "s", "1", "2") + command("PING"))
    wait_until(lambda: daemon.admin("/connections").json()["connections"][0]["state"] == "disk_full", "it waits")
    os.unlink(ballast)
    assert [client.reply(), client.reply()] == [2, "PONG"]
    assert daemon.spool.records() == [b"1", b"2"]


def test_a_disk_that_fills_up_meanwhile_is_reported_and_nothing_replied_to_is_lost(tmpfs, start):
    daemon = start({**LISTEN, "timeouts.write": "500ms"}, spool_directory=tmpfs / "spool")
    client = connect(daemon, timeout=60)
    item = b'{"pad":"%s"}' % (b"x" * 60_000)
    stored = 0
    while (reply := client.call("RPUSH", "s", item)) == 1:
        stored += 1
        assert stored < 400, "16 MiB hold more than that"
    assert isinstance(reply, RespError) and str(reply).startswith("ERR crawlspool disk_full ")
    assert stored <= len(daemon.spool.lines(live=True)) <= stored + 1
    daemon.kill()


def test_a_full_daemon_stops_and_answers_what_waits(start):
    daemon = full(start, **{"timeouts.drain": "2s"})
    client = connect(daemon)
    client.send("RPUSH", "s", "1")
    wait_until(lambda: daemon.admin("/connections").json()["connections"][0]["state"] == "disk_full", "it waits")
    assert daemon.terminate() == 0
    assert str(client.reply()).startswith("ERR crawlspool draining ") and client.is_at_end()


def test_after_a_kill_all_that_was_replied_to_is_there(start):
    daemon = start(LISTEN)
    counts = [0] * 8
    sent = [0] * 8

    def push(number):
        client = Resp(daemon.address("redis"))
        try:
            while True:
                for n in range(50):
                    client.send("RPUSH", "s", '{"c":%d,"n":%d}' % (number, sent[number] + n))
                sent[number] += 50
                for _ in range(50):
                    assert client.reply() == 1
                    counts[number] += 1
        except (EOFError, OSError):
            client.close()

    threads = [threading.Thread(target=push, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    wait_until(lambda: sum(counts) > 5000, "many are stored", 60)
    daemon.kill()
    for thread in threads:
        thread.join(seconds(20))
    daemon.start()
    records = daemon.spool.records()
    assert len(set(records)) == len(records)
    for number, count in enumerate(counts):
        own = [b'{"c":%d,"n":%d}' % (number, n) for n in range(sent[number] + 50)]
        there = [record for record in records if record.startswith(b'{"c":%d,' % number)]
        assert there == own[:len(there)] and count <= len(there)
