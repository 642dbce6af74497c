"""Clients that send many requests or frames at once and leave without reading: closed, reset, half closed, in the middle
of a request. What was whole is stored, all of it where the kernel had delivered it, in order, and nothing is made up."""

import fcntl
import re
import socket
import struct
import termios

import pytest

import web
from frames import PING, Client, endpoint_text, frame
from waiting import wait_until

EMPTY = b"POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 0\r\n\r\n"
ELSEWHERE = b"GET /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n"
REQUESTS = 150
CLIENTS = 8


def post(body):
    return (b"POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" %
            (len(body), body))


def record(client, number):
    return b'{"client":%d,"number":%d}' % (client, number)


def requests(client):
    """Records, and between them requests that are answered at once."""
    between = (b"", EMPTY, ELSEWHERE, EMPTY + ELSEWHERE + EMPTY)
    return b"".join(between[number % len(between)] + post(record(client, number)) for number in range(REQUESTS))


def connect(address):
    sock = socket.create_connection(address, timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def delivered(sock):
    """Whether this end's kernel has handed everything to the other."""
    return struct.unpack("=i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0] == 0


def wait_all_closed(daemon, count):
    return wait_until(lambda: len(found := daemon.events("conn_close")) >= count and found, "all connections have ended", 60)


def open_connections(daemon, kind):
    """Without the one that asks."""
    count = re.search(rb'^crawlspool_connections\{listener="%s"\} (\d+)' % kind.encode(), daemon.admin("/metrics").body, re.M)
    return int(count[1]) - (kind == "admin")


def numbers_of(daemon, name):
    return [line.record for line in daemon.spool.lines(peer=name)]


@pytest.mark.parametrize("tail", [b"", b"POST /v1/records HTT", post(b'{"cut":1}')[:-3]], ids=["whole", "in_a_head", "in_a_body"])
def test_what_came_before_a_reset_is_stored_in_order(start, tail):
    daemon = start({"io_threads": "1"})
    names = {}
    for client in range(CLIENTS):
        sock = connect(daemon.address("http"))
        names[endpoint_text(sock.getsockname())] = client
        sock.sendall(requests(client) + tail)
        wait_until(lambda: delivered(sock), "the kernel has delivered it")
        reset(sock)
    closes = wait_all_closed(daemon, CLIENTS)
    assert not daemon.events("conn_close", reason="bad_request"), closes
    assert daemon.terminate() == 0
    for name, client in names.items():
        assert numbers_of(daemon, name) == [record(client, number) for number in range(REQUESTS)], client


def test_who_closes_with_answers_unread_leaves_a_beginning_of_what_he_sent(start):
    daemon = start({"io_threads": "1"})
    names = {}
    for client in range(4 * CLIENTS):
        sock = connect(daemon.address("http"))
        names[endpoint_text(sock.getsockname())] = client
        sock.sendall(requests(client))
        sock.close()
    wait_all_closed(daemon, 4 * CLIENTS)
    assert not daemon.events("conn_close", reason="bad_request")
    assert daemon.terminate() == 0
    for name, client in names.items():
        stored = numbers_of(daemon, name)
        assert stored == [record(client, number) for number in range(len(stored))], client


def test_who_shuts_his_sending_side_gets_every_answer(start):
    daemon = start({"io_threads": "1"})
    with daemon.web(timeout=30) as connection:
        connection.send(requests(0))
        connection.sock.shutdown(socket.SHUT_WR)
        statuses = [connection.response().status for _ in range(requests(0).count(b" HTTP/1.1\r\n"))]
        assert not connection.sock.recv(1)
    assert statuses.count(404) == requests(0).count(ELSEWHERE)
    assert statuses.count(200) == len(statuses) - statuses.count(404)
    assert daemon.spool.records(live=True) == [record(0, number) for number in range(REQUESTS)]


def test_frames_before_a_reset_are_stored_in_order(start):
    daemon = start({"io_threads": "1"})
    names = {}
    for number in range(CLIENTS):
        client = Client(daemon.address())
        names[client.name] = number
        client.sock.sendall(b"".join(frame(record(number, i)) + frame(b"{bad") + frame(b"1", PING) for i in range(1000)))
        wait_until(lambda: delivered(client.sock), "the kernel has delivered it")
        client.reset()
    wait_all_closed(daemon, CLIENTS)
    assert daemon.terminate() == 0
    for name, number in names.items():
        assert numbers_of(daemon, name) == [record(number, i) for i in range(1000)], number
        assert len(daemon.spool.rejected(peer=name)) == 1000


@pytest.mark.parametrize("kind, sent", [("stream", frame(b"{bad")), ("http", ELSEWHERE), ("admin", ELSEWHERE)],
                         ids=["stream", "http", "admin"])
def test_a_reset_ends_one_that_is_not_read_for_its_unread_answers(start, kind, sent):
    daemon = start({"io_threads": "1"})
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(daemon.address(kind))
        sock.settimeout(0.5)
        with pytest.raises(TimeoutError):  # nothing of it is read any more
            while True:
                sock.sendall(sent * 10_000)
        assert open_connections(daemon, kind) == 1
        reset(sock)
    wait_until(lambda: open_connections(daemon, kind) == 0, "its place is free")


def test_the_admin_port_answers_in_order_and_outlives_those_who_leave(start):
    daemon = start({"io_threads": "1"})
    pipeline = b"".join(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path
                        for path in (b"/livez", b"/connections", b"/nothing", b"/metrics") * 200)
    for end in (socket.socket.close, reset):
        for _ in range(CLIENTS):
            sock = connect(daemon.address("admin"))
            sock.sendall(pipeline[:60_000])
            end(sock)
    with web.Web(daemon.address("admin"), timeout=30) as connection:
        connection.send(pipeline)
        connection.sock.shutdown(socket.SHUT_WR)
        for _ in range(200):
            liveness, connections, nothing, metrics = (connection.response() for _ in range(4))
            assert (liveness.body, nothing.status) == (b"ok\n", 404)
            assert "connections" in connections.json()
            assert re.match(rb"# (TYPE|HELP)", metrics.body)
