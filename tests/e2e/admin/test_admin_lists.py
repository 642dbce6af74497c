"""/connections, /rejects and /events: who is there, what was refused, what was logged; bounded, whatever there is."""

import contextlib
import socket

import pytest

import web
from frames import frame, hello
from waiting import wait_until

CONNECTIONS_MAX = 1000
ENDPOINTS = ("/connections", "/rejects", "/events")


def wait_for(daemon, endpoint, what, condition):
    """An answer is kept for half a second."""
    return wait_until(lambda: (one := daemon.admin(endpoint).json()) and condition(one) and one, what)


@pytest.fixture(params=["1", "3"], ids=["one-loop", "three-loops"])
def daemon(start, request):
    return start({"io_threads": request.param})


def test_connections_are_told_with_what_they_did(daemon):
    named, plain, poster = daemon.connect(), daemon.connect(), daemon.web()
    named.hello(client="worker-7", stream="quotes/new", session="5f3a9c1204be77d0a1c25be6900f3e12")
    named.send_records([b"1", b"22", b"?"])
    plain.send_record(b"333")
    named.wait_ack()
    plain.wait_ack()
    with poster:
        poster.post(b"1\n2\n?\n4\n", "application/x-ndjson", Crawlspool_Client="poster", Crawlspool_Stream="books")
        answer = wait_for(daemon, "/connections", "three connections have done their part",
                          lambda one: sum(row["records"] for row in one["connections"]) == 6)
    assert (answer["total"], answer["clients_total"]) == (3, 3)
    rows = {row["client"]: row for row in answer["connections"]}
    assert [row["records"] for row in answer["connections"]] == [3, 2, 1]  # the busiest first
    worker = rows["worker-7"]
    assert (worker["via"], worker["peer"], worker["stream"]) == ("stream", named.name, "quotes/new")
    assert (worker["records"], worker["rejects"], worker["state"]) == (2, 1, "reading")
    assert len(worker["session"]) == 16 and worker["session"] not in "5f3a9c1204be77d0a1c25be6900f3e12"
    assert worker["bytes"] > 15 and worker["age_ms"] >= worker["idle_ms"] >= 0
    assert (rows["poster"]["via"], rows["poster"]["stream"], rows["poster"]["rejects"]) == ("http", "books", 1)
    assert rows[""]["peer"] == plain.name
    clients = {row["client"]: row for row in answer["clients"]}
    assert (clients["worker-7"]["address"], clients["worker-7"]["connections"]) == ("127.0.0.1", 1)
    assert (clients["worker-7"]["records"], clients["worker-7"]["rejects"]) == (2, 1)


def test_neither_who_has_left_nor_the_admin_port_is_told(daemon):
    client = daemon.connect()
    wait_for(daemon, "/connections", "it is told", lambda one: one["total"] == 1)
    client.close()
    answer = wait_for(daemon, "/connections", "it is not told any more", lambda one: one["total"] == 0)
    assert answer == {"total": 0, "clients_total": 0, "clients": [], "connections": []}


def test_one_who_is_only_told_why_not_is_no_connection(start):
    daemon = start({"limits.connections_per_ip_max": "1"})
    first = daemon.connect()
    daemon.connect().expect_error("too_many_connections")
    answer = wait_for(daemon, "/connections", "only the first", lambda one: one["total"] == 1)
    assert [(row["peer"], row["state"]) for row in answer["connections"]] == [(first.name, "reading")]


def crowd(daemon, name, stack):
    """A connection that has sent one record; without select(), which takes no more than 1024 descriptors."""
    sock = stack.enter_context(socket.create_connection(daemon.address()))
    sock.sendall(hello(client=name) + frame(b"1"))
    return sock


def test_the_list_is_bounded_and_the_sums_are_not(start):
    daemon = start({"io_threads": "2", "limits.connections_per_ip_max": "2000"})
    with contextlib.ExitStack() as idle:
        for _ in range(CONNECTIONS_MAX):
            idle.enter_context(socket.create_connection(daemon.address()))
        busy = [crowd(daemon, f"worker-{number}", idle) for number in range(70)]
        answer = wait_for(daemon, "/connections", "all are counted",
                          lambda one: one["total"] == CONNECTIONS_MAX + 70
                          and sum(row["records"] for row in one["clients"]) == 70)
    assert sum(row["connections"] for row in answer["clients"]) == CONNECTIONS_MAX + len(busy)
    assert len(answer["connections"]) == CONNECTIONS_MAX
    assert [row["records"] for row in answer["connections"][:71]] == [1] * 70 + [0]
    assert answer["clients_total"] == len(answer["clients"]) == 71


def test_rejects_of_one_kind_are_counted_together(daemon):
    first, second = daemon.connect(), daemon.connect()
    first.hello(client="worker-1", stream="books")
    second.hello(client="worker-2")
    first.send_records([b"1", b"{", b"[1", b'"\xff"'])
    second.send_records([b"?"])
    first.wait_ack()
    second.wait_ack()
    daemon.post(b"?", Crawlspool_Client="poster")
    answer = wait_for(daemon, "/rejects", "all five", lambda one: sum(row["count"] for row in one["rejects"]) == 5)
    rows = {(row["client"], row["code"]): row for row in answer["rejects"]}
    assert {key: row["count"] for key, row in rows.items()} == {
        ("worker-1", "invalid_json"): 2, ("worker-1", "invalid_utf8"): 1, ("worker-2", "invalid_json"): 1,
        ("poster", "invalid_json"): 1}
    row = rows["worker-1", "invalid_json"]
    assert (row["stream"], row["address"], row["via"], row["seq"]) == ("books", "127.0.0.1", "stream", 3)
    assert row["first"] <= row["last"] and row["detail"] == first.rejects[3]["detail"]
    assert (rows["worker-1", "invalid_utf8"]["offset"], rows["poster", "invalid_json"]["via"]) == (1, "http")
    assert "seq" not in rows["poster", "invalid_json"]


def test_events_are_those_of_the_log(start):
    daemon = start()
    daemon.connect().close()
    daemon.wait_event("conn_close")
    told = wait_for(daemon, "/events", "the close is told",
                    lambda one: any(event["event"] == "conn_close" for event in one["events"]))["events"]
    logged = daemon.events()
    assert [(event["ts"], event["level"], event["event"]) for event in told] == [
        (event["ts"], event["level"], event["event"]) for event in logged]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_lists_are_not_kept_by_anyone(shared, endpoint):
    response = shared.admin(endpoint)
    assert response.headers["cache-control"] == "no-store"
    assert shared.connect_raw("admin", f"POST {endpoint} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()).status == 405
    assert shared.admin(endpoint, host="evil.example").status == 421


def test_who_leaves_before_the_answer_harms_nobody(daemon):
    for _ in range(50):
        connection = web.Web(daemon.address("admin"))
        connection.request("GET", "/connections")
        connection.sock.close()
    assert daemon.admin("/connections").status == 200
