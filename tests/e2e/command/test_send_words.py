"""What `crawlspool send` makes of each word of a server, and of connections that break: a server that follows a script
stands for the daemon."""

import contextlib
import json
import re
import select
import subprocess
import threading

import pytest

from command import run
from daemon import CRAWLSPOOL
from fake_server import FakeServer
from waiting import seconds

FINAL_ERRORS = ["bad_hello", "session_mismatch", "wrong_protocol", "unknown_frame_type", "bad_frame", "unauthorized",
                "forbidden"]
PASSING_ERRORS = ["frame_timeout", "too_many_sessions", "too_many_connections", "spool_failed", "some_new_word"]


def send(server, *options, stdin):
    return run("send", "--server", server.url, *options, "-", stdin=stdin)


def ndjson(begin, end):
    return b"".join(b"%d\n" % n for n in range(begin, end))


def takes(count, then=None, **welcome):
    """A turn that settles so many records and ends well, unless something else is to be done `then`."""

    def turn(peer):
        turn.hello = peer.welcome(**welcome)
        turn.records = peer.records(count)
        if then:
            return then(peer)
        peer.say(ack=welcome.get("last_seq", turn.hello.get("from", 1) - 1) + count)
        return peer.bye()

    return turn


def says(**message):
    """A turn whose hello is answered by this."""

    def turn(peer):
        peer.hello()
        peer.say(**message)
        peer.drain()

    return turn


def test_hello_names_client_stream_and_session():
    turn = takes(2)
    with FakeServer(turn) as server:
        assert send(server, "--client", "w:1", "--stream", "s/1", stdin=b"1\n2\n").returncode == 0
    assert turn.hello == {"protocol": 1, "client": "w:1", "session": turn.hello["session"], "stream": "s/1",
                          "heartbeat": True}
    assert re.fullmatch("[0-9a-f]{32}", turn.hello["session"])


def test_the_client_is_the_host_unless_it_is_named():
    turn = takes(1)
    with FakeServer(turn) as server:
        assert send(server, stdin=b"1\n").returncode == 0
    assert re.fullmatch("[A-Za-z0-9._:-]{1,128}", turn.hello["client"])


def test_a_connection_that_breaks_is_made_again_and_only_the_rest_sent():
    first = takes(4, then=lambda peer: peer.say(ack=1))
    second = takes(2, last_seq=2)
    with FakeServer(first, second) as server:
        result = send(server, stdin=ndjson(1, 5))
    assert result.returncode == 0, result.stderr
    assert second.hello["session"] == first.hello["session"]
    assert second.hello["from"] == 2
    assert second.records == [b"3", b"4"]
    assert b"trying again" in result.stderr and b"again\n" in result.stderr
    assert b"4 records sent, 4 acked, 0 rejected, 2 sent again" in result.stderr


@pytest.mark.parametrize("reason", ["draining", "idle_timeout"])
def test_a_server_that_goes_away_for_a_while_is_come_back_to(reason):
    gone = lambda peer: peer.say(goodbye={"reason": reason, "detail": "d", "reconnect_after_ms": 1})
    second = takes(2)
    with FakeServer(takes(2, then=gone), second) as server:
        assert send(server, stdin=b"1\n2\n").returncode == 0
    assert second.records == [b"1", b"2"]


@pytest.mark.parametrize("code", PASSING_ERRORS)
def test_what_passes_is_tried_again(code):
    with FakeServer(says(error={"code": code, "detail": "d"}), takes(1)) as server:
        result = send(server, stdin=b"1\n")
    assert result.returncode == 0, result.stderr
    assert code.encode() in result.stderr


@pytest.mark.parametrize("code", FINAL_ERRORS)
def test_what_will_not_pass_is_final(code):
    with FakeServer(says(error={"code": code, "detail": "the detail"})) as server:
        result = send(server, stdin=b"1\n")
    assert result.returncode == 1
    assert code.encode() in result.stderr and b"the detail" in result.stderr
    assert result.stderr.splitlines()[-1] == b"nothing was sent"


def test_what_was_sent_and_not_answered_is_counted():
    with FakeServer(takes(2, then=lambda peer: peer.say(error={"code": "bad_frame", "detail": "d"}))) as server:
        result = send(server, stdin=b"1\n2\n")
    assert result.returncode == 1
    assert b"2 records sent, 0 acked, 0 rejected, 2 not known to be stored in" in result.stderr


def test_a_session_that_was_taken_over_is_given_up():
    over = lambda peer: peer.say(goodbye={"reason": "superseded", "detail": "d", "reconnect_after_ms": 1})
    with FakeServer(takes(1, then=over)) as server:
        result = send(server, stdin=b"1\n")
    assert result.returncode == 1
    assert b"superseded" in result.stderr


def test_a_server_that_never_gets_on_is_given_up():
    breaks = takes(1, then=lambda peer: None)
    with FakeServer(*[breaks] * 100) as server:
        result = send(server, "--give-up-after", "500ms", stdin=b"1\n")
    assert result.returncode == 1
    assert b"no progress for 500ms" in result.stderr
    assert result.stderr.count(b"trying again") == 1


def test_a_server_that_says_nothing_is_given_up():
    with FakeServer(*[takes(1, then=lambda peer: peer.drain())] * 100) as server:
        result = send(server, "--give-up-after", "500ms", stdin=b"1\n")
    assert result.returncode == 1
    assert b"no word from" in result.stderr and b"no progress for 500ms" in result.stderr


def test_a_server_that_hangs_is_left_though_there_is_always_more_to_send():
    """Its kernel takes what nobody reads: bytes that were sent are no sign of life."""
    over = threading.Event()
    with FakeServer(takes(0, then=lambda peer: over.wait(seconds(60)))) as server:
        process = subprocess.Popen([CRAWLSPOOL, "send", "--server", server.url, "--give-up-after", "1s", "-"],
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE)

        def trickle():
            with contextlib.suppress(OSError):
                while not over.wait(0.05):
                    process.stdin.write(b"1\n")
                    process.stdin.flush()

        sender = threading.Thread(target=trickle)
        sender.start()
        try:
            assert process.wait(seconds(30)) == 1
        finally:
            process.kill()
            over.set()
            sender.join()
        assert b"no word from" in process.stderr.read()
        process.stderr.close()
        with contextlib.suppress(OSError):
            process.stdin.close()


def test_a_server_that_asks_for_patience_gets_it():

    def slow(peer):
        peer.say(slow={"reason": "disk_full", "retry_after_ms": 1000})
        assert not select.select([peer.sock], [], [], 0.5)[0], "the client went away"
        peer.say(resume={})
        peer.say(ack=1)
        peer.bye()

    with FakeServer(takes(1, then=slow)) as server:
        result = send(server, "--give-up-after", "100ms", stdin=b"1\n")
    assert result.returncode == 0, result.stderr
    assert b"disk_full" in result.stderr and b"reads again" in result.stderr


def test_without_patience_a_lost_connection_is_final():
    with FakeServer(takes(1, then=lambda peer: None)) as server:
        assert send(server, "--give-up-after", "0", stdin=b"1\n").returncode == 1


def test_a_refused_batch_goes_again_as_plain_frames():
    refuse = lambda peer: peer.say(error={"code": "bad_batch", "detail": "d", "seq": 1})
    second = takes(3)
    with FakeServer(takes(3, then=refuse), second) as server:
        result = send(server, stdin=b"1\n2\n3\n")
    assert result.returncode == 0, result.stderr
    assert second.records == [b"1", b"2", b"3"]


def test_a_refused_record_counts_as_rejected_and_its_number_is_passed(tmp_path):
    path = tmp_path / "items.ndjson"
    path.write_bytes(b"\n1\n")
    more = tmp_path / "more.ndjson"
    more.write_bytes(b"2\n")
    refuse = lambda peer: peer.say(error={"code": "frame_too_large", "detail": "d", "seq": 1})
    second = takes(1)
    with FakeServer(takes(1, then=refuse, batch_bytes_max=2), second) as server:
        result = run("send", "--server", server.url, path, more)
    assert result.returncode == 1
    assert f"{path}:2: frame_too_large".encode() in result.stderr
    assert second.hello["from"] == 2
    assert second.records == [b"2"]
    assert b"2 records sent, 1 acked, 1 rejected" in result.stderr


def test_rejects_that_were_lost_are_counted():
    second = takes(1, last_seq=3, rejected=2)
    with FakeServer(takes(4, then=lambda peer: None), second) as server:
        result = send(server, stdin=ndjson(1, 5))
    assert result.returncode == 1
    assert b"has rejected 2 records whose verdicts did not come here" in result.stderr
    assert b"4 records sent, 2 acked, 2 rejected" in result.stderr


def test_a_server_that_forgot_the_session_is_told_of():
    ack_one = lambda peer: peer.say(ack=1)
    with FakeServer(takes(2, then=ack_one), takes(1, known=False)) as server:
        result = send(server, stdin=b"1\n2\n")
    assert result.returncode == 0
    assert b"may be stored twice" in result.stderr


def test_another_clients_session_is_left_to_it():
    first = takes(0, last_seq=7, then=lambda peer: peer.drain())
    second = takes(2)
    with FakeServer(first, second) as server:
        result = send(server, stdin=b"1\n2\n")
    assert result.returncode == 0, result.stderr
    assert second.hello["session"] != first.hello["session"]
    assert second.records == [b"1", b"2"]


def test_pings_are_answered():

    def pings(peer):
        peer.say(ping=None)
        peer.say(ping={"t": 1})
        assert peer.frame() == (5, b"")
        kind, payload = peer.frame()
        assert kind == 5 and json.loads(payload) == {"t": 1}
        peer.say(ack=1)
        peer.bye()

    with FakeServer(takes(1, then=pings)) as server:
        assert send(server, stdin=b"1\n").returncode == 0


def test_a_server_that_only_writes_is_told_of():
    with FakeServer(takes(1, ack="written")) as server:
        result = send(server, stdin=b"1\n")
    assert result.returncode == 0
    assert b"not yet synced" in result.stderr


def test_an_ack_for_what_was_not_sent_is_final():
    with FakeServer(takes(1, then=lambda peer: peer.say(ack=2))) as server:
        result = send(server, stdin=b"1\n")
    assert result.returncode == 1
    assert b"was not sent" in result.stderr


def test_a_server_that_names_no_limits_gets_plain_frames():

    def plain(peer):
        peer.hello()
        peer.say(welcome={"last_seq": 0})
        assert [peer.frame(), peer.frame()] == [(0, b"1"), (0, b"2")]
        peer.say(ack=2)
        peer.bye()

    with FakeServer(plain) as server:
        assert send(server, stdin=b"1\n2\n").returncode == 0
