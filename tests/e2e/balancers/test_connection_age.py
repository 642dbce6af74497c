"""timeouts.connection: connections end in an orderly way and make room for a balancer's choice, but for those of peers
that could not learn of it."""

import json
import select
import socket
import time

from frames import Client, frame
from session_client import SessionClient
from sessions import lines_of, new_session
from waiting import seconds, wait_until

AGE_MS = int(seconds(1000))
OLD = {"timeouts.connection": f"{AGE_MS}ms"}


def test_an_old_connection_is_told_to_come_again(start):
    daemon = start(OLD)
    client = daemon.connect()
    client.send_record(b"1")
    client.wait_ack(1)
    client.expect_goodbye("rebalance")
    client.close()
    daemon.wait_event("conn_close", reason="rebalance")


def test_none_ends_before_nine_tenths_of_the_time(start):
    daemon = start(OLD)
    client = daemon.connect()
    client.hello()
    client.expect_goodbye("rebalance")
    client.close()
    assert int(daemon.wait_event("conn_close")["age_ms"]) >= AGE_MS * 9 // 10


def test_those_who_came_together_do_not_all_go_together(start):
    daemon = start(OLD)
    clients = [daemon.connect() for _ in range(20)]
    for client in clients:
        client.hello()
    said = []
    waiting = {client.sock: client for client in clients}
    while waiting:  # each in its turn: one that waits for its goodbye must not hold the others up
        readable, _, _ = select.select(list(waiting), [], [], seconds(10))
        assert readable, "no goodbye comes"
        for sock in readable:
            waiting.pop(sock).expect_goodbye("rebalance")
            said.append(time.monotonic())
    assert (said[-1] - said[0]) * 1000 > AGE_MS // 20, said


def test_a_session_goes_on_over_many_connections_exactly_once(start):
    daemon = start({"timeouts.connection": "50ms"})
    client = SessionClient(daemon.address(), session=new_session())
    records = []
    while client.welcomes < 5:
        more = [b"%d" % number for number in range(len(records), len(records) + 100)]
        records += more
        client.put(*more)
        client.wait_settled()
    assert [line.record for line in lines_of(daemon, client.session)] == records
    client.disconnect()


def test_a_frame_that_has_begun_is_taken_first(start):
    daemon = start(OLD)
    client, other = daemon.connect(), daemon.connect()
    whole = frame(b'"' + b"x" * 10_000 + b'"')
    client.send(whole[:9000])
    other.hello()
    other.expect_goodbye("rebalance")
    wait_until(lambda: other_has_aged_too(daemon), "its time is over, too", 10)
    client.send(whole[9000:])
    client.wait_ack(1)
    client.expect_goodbye("rebalance")


def other_has_aged_too(daemon):
    """A connection that is opened now is older than the first was: its goodbye says that the first one's time is over."""
    later = Client(daemon.address())
    later.hello()
    later.expect_goodbye("rebalance")
    later.close()
    return True


def test_an_http_connection_ends_with_an_answer_or_in_between(start):
    daemon = start(OLD)
    with daemon.web() as idle, daemon.web() as busy:
        assert idle.post(b"1").status == 200
        body = b'{"a":1}'
        head = b"POST /v1/records HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        busy.send(head + body[:3])
        idle.expect_end()
        other_has_aged_too(daemon)
        busy.send(body[3:])
        answer = busy.response()
        assert answer.status == 200 and answer.headers["connection"] == "close", answer
        busy.expect_end()


def test_silent_peers_are_left_alone(start):
    daemon = start({**OLD, "listen.lines": '["tcp://127.0.0.1:0"]'})
    silent = socket.create_connection(daemon.address("lines"), seconds(10))
    silent.sendall(b"1\n")
    asking = socket.create_connection(daemon.address("lines"), seconds(10))
    asking.sendall(b'{"crawlspool":1,"ack":true}\n')
    with asking.makefile("rb") as told:
        assert [list(json.loads(line)) for line in told][-1] == ["goodbye"]
    other_has_aged_too(daemon)
    silent.sendall(b"2\n")
    wait_until(lambda: len(daemon.spool.lines(live=True)) == 2, "both lines are stored")
    assert len({line.peer for line in daemon.spool.lines(live=True)}) == 1
    silent.close()
    asking.close()


def test_the_admin_port_is_left_alone(start):
    daemon = start(OLD)
    other_has_aged_too(daemon)
    assert not daemon.events("conn_close", port="admin")
