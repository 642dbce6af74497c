"""A peer that opens and closes connections as fast as it can: the log stays small, and nothing is lost in the counts."""

import re

from frames import hello
from waiting import wait_until

STORM = 1500
BURST = 200
EACH_S = 2
LINES_TOLD_EACH = BURST + EACH_S * 60  # a storm of less than a minute


def total(daemon, word, member):
    """Lines of one kind, and those left out and counted."""
    return len(daemon.events(word)) + sum(int(event[member]) for event in daemon.events("conn_summary"))


def metric(daemon, what):
    text = daemon.admin("/metrics").body.decode()
    return int(re.search(rf"^crawlspool_connections_{what}_total (\d+)", text, re.MULTILINE)[1])


def test_a_storm_of_connections_keeps_the_log_small_and_the_counts_whole(start):
    daemon = start()
    for number in range(STORM):
        with daemon.connect() as client:
            client.send(hello(client="storm", session="%032x" % 7))
            if number % 3 == 0:
                client.until("welcome")
    wait_until(lambda: metric(daemon, "accepted") + metric(daemon, "refused") == STORM, "all are accepted")
    accepted = metric(daemon, "accepted")
    assert daemon.terminate() == 0
    assert total(daemon, "conn_open", "opened") == accepted
    assert total(daemon, "conn_close", "closed") == accepted
    reasons = [reason.rsplit(":", 1) for event in daemon.events("conn_summary") for reason in event["reasons"].split()]
    assert sum(int(count) for _, count in reasons) == sum(int(one["closed"]) for one in daemon.events("conn_summary"))
    for word in ("conn_open", "conn_close", "hello", "session_superseded"):
        assert len(daemon.events(word)) <= LINES_TOLD_EACH, word
    assert len(daemon.log()) < 4 * LINES_TOLD_EACH * 400


def test_hellos_left_out_are_counted(start):
    daemon = start()
    for _ in range(BURST + 300):
        with daemon.connect() as client:
            client.hello(client="often")
    assert daemon.terminate() == 0
    told = daemon.events("hello")
    left_out = sum(int(event.get("suppressed", 0)) for event in told)
    left_out += sum(int(event["suppressed"]) for event in daemon.events("log_suppressed")
                    if event["word"] == "hello")
    assert len(told) + left_out == BURST + 300


def test_an_ordinary_number_of_connections_is_told_one_by_one(start):
    daemon = start()
    for _ in range(BURST // 2):
        with daemon.connect() as client:
            client.ping()
    assert daemon.terminate() == 0
    assert len(daemon.events("conn_open")) == len(daemon.events("conn_close")) == BURST // 2
    assert not daemon.events("conn_summary")
