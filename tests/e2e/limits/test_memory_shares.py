"""A client machine shares limits.memory_bytes_max with the others: what one of them fills never keeps a small one from
being served. The one that fills it comes from 127.0.0.2."""

import socket

import pytest

from exposition import scrape
from flood import Flood
from frames import frame
from waiting import seconds, wait_until
from web import Web

MIB = 1 << 20
HOG = "127.0.0.2"
NDJSON = "application/x-ndjson"
SETTINGS = {"limits.memory_bytes_max": "64MiB", "io_threads": "1"}
BAD_LINES = b"x\n" * 65536


def post_head(length):
    return (b"POST /v1/records HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n"
            % length)


BEGUN = {
    "frames": ("stream", frame(b'"' + b"x" * (16 * MIB - 2) + b'"')[:-1]),
    "bodies": ("http", post_head(32 * MIB) + b"1\n" * (16 * MIB - 1)),
}


def held(daemon):
    return daemon.status()["memory_bytes"]


def closes(daemon, reason):
    return scrape(daemon).labelled("crawlspool_connection_closes_total", "reason").get(reason, 0)


def wait_until_no_more_is_taken(daemon, at_least):
    """Three looks in a row find the same, and no less than that."""
    looks = [0, 1, 2]

    def stands_still():
        looks[:] = [*looks[1:], held(daemon)]
        return len(set(looks)) == 1 and looks[0] >= at_least

    wait_until(stands_still, "the daemon takes no more of what is begun", 60)


def is_served(daemon):
    client = daemon.connect(timeout=20)
    client.send_record(b"1")
    assert client.wait_ack() == 1
    return daemon.post(b"1").status == 200


@pytest.mark.parametrize("what", BEGUN)
def test_what_one_machine_has_begun_leaves_the_others_room(start, what):
    kind, payload = BEGUN[what]
    daemon = start(SETTINGS)
    with Flood(daemon.address(kind), payload, 8, reads=False, source=HOG):
        wait_until_no_more_is_taken(daemon, 16 * MIB)
        assert held(daemon) <= 60 * MIB
        assert is_served(daemon)
        with Web(daemon.address("http"), source=HOG) as web:
            refused = web.post(b"1", NDJSON)
        assert (refused.status, refused.error_code()) == (503, "memory")
    daemon.kill()


def test_answers_that_one_machine_leaves_unread_leave_the_others_room(start):
    daemon = start(SETTINGS)
    with Flood(daemon.address("http"), post_head(len(BAD_LINES)) + BAD_LINES, 60, reads=False, source=HOG):
        wait_until(lambda: held(daemon) >= 16 * MIB or closes(daemon, "slow_reader") > 0, "answers wait", 60)
        for _ in range(10):
            assert is_served(daemon)
            assert held(daemon) < 64 * MIB
    daemon.kill()


def test_a_stop_takes_in_what_is_begun_and_not_all_that_waits(start):
    daemon = start({**SETTINGS, "timeouts.drain": "4s"})
    with Flood(daemon.address("http"), post_head(len(BAD_LINES)) + BAD_LINES, 100, reads=False, source=HOG) as flood:
        wait_until(lambda: flood.sent >= 20 and held(daemon) >= 4 * MIB, "bodies are being taken in", 60)
        assert daemon.terminate() == 0


def begin(daemon, kind, count, record_bytes):
    """So many connections that have sent a record but for its end, and the end."""
    record = b'"' + b"x" * (record_bytes - 2) + b'"'
    begun, end = (frame(record)[:-1], b'"') if kind == "stream" else (record, b"\n")
    senders = [socket.create_connection(daemon.address(kind), seconds(20)) for _ in range(count)]
    for sender in senders:
        sender.sendall(begun)
    wait_until_no_more_is_taken(daemon, MIB)
    return senders, end


SMALL = {"limits.memory_bytes_max": "4MiB", "limits.record_bytes_max": "1MiB", "limits.batch_bytes_max": "1MiB",
         "limits.connections_per_ip_max": "0", "listen.lines": '["tcp://127.0.0.1:0"]'}


@pytest.mark.parametrize("kind", ("stream", "lines"))
def test_what_one_machine_has_begun_beyond_its_share_is_all_stored_once_it_is_whole(start, kind):
    daemon = start(SMALL)
    senders, end = begin(daemon, kind, 8, 900_000)
    for sender in senders:
        sender.sendall(end)
    wait_until(lambda: len(daemon.spool.lines(live=True)) == len(senders), "all are stored", 60)
    for sender in senders:
        sender.close()


def test_a_line_that_stalls_does_not_keep_its_machine_out(start):
    """It is silent, and so has no deadline, but where others wait for what it holds."""
    daemon = start({**SMALL, "timeouts.frame": "1s"})
    senders, end = begin(daemon, "lines", 16, 190_000)
    states = {one["peer"]: one["state"] for one in daemon.admin("/connections").json()["connections"]}
    waiting = [sender for sender in senders if states["%s:%d" % sender.getsockname()] == "memory"]
    assert 0 < len(waiting) < len(senders)
    for sender in waiting:
        sender.sendall(end)
    wait_until(lambda: len(daemon.spool.lines(live=True)) == len(waiting), "those that are whole are stored", 60)
    assert {event["code"] for event in daemon.events("conn_error")} == {"frame_timeout"}
    for sender in senders:
        sender.close()
