"""A client machine shares limits.memory_bytes_max with the others: what one of them fills never keeps a small one from
being served. The one that fills it comes from 127.0.0.2."""

import pytest

from exposition import scrape
from flood import Flood
from frames import frame
from waiting import wait_until
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
