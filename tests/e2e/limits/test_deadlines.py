"""Deadlines: silent, dripping and non-reading peers. Each end is told to the peer and logged with its reason."""

import select
import time

import pytest

from frames import PING, frame, header
from waiting import seconds, wait_until


def test_an_idle_connection_gets_a_goodbye(start):
    daemon = start({"timeouts.idle": "1s"})
    client = daemon.connect()
    client.send_record(b"1")
    client.wait_ack()
    client.expect_goodbye("idle_timeout")
    assert daemon.wait_event("conn_close", peer=client.name)["reason"] == "idle_timeout"


def test_pings_keep_a_connection_from_being_idle(start):
    daemon = start({"timeouts.idle": f"{int(seconds(1000))}ms"})
    active, silent = daemon.connect(), daemon.connect()
    active.ping()
    silent.ping()
    readable = []
    while not readable:  # the silent one's end proves that more than the idle time has passed
        active.ping()
        readable, _, _ = select.select([silent.sock], [], [], seconds(0.05))
    silent.expect_goodbye("idle_timeout")
    active.ping()


def test_the_first_frame_must_begin_in_time(start):
    daemon = start({"timeouts.frame": "1s"})
    client = daemon.connect()
    client.expect_error("frame_timeout")
    assert daemon.wait_event("conn_close", peer=client.name)["reason"] == "frame_timeout"


def test_between_frames_only_the_idle_deadline_runs(start):
    daemon = start({"timeouts.frame": "1s"})
    client, silent = daemon.connect(), daemon.connect()
    client.ping()
    silent.expect_error("frame_timeout")
    assert client.ping() is None


@pytest.mark.parametrize("begun", [b"\x00", header(10), header(10) + b'{"a'], ids=["1-byte", "header", "payload"])
def test_a_begun_frame_must_end_in_time(start, begun):
    daemon = start({"timeouts.frame": "1s"})
    client = daemon.connect()
    client.send_records([b"1", b"2"])
    client.send(begun)
    client.wait_ack(2)
    error = client.expect_error("frame_timeout")
    assert error.get("seq", 3) == 3


def test_a_drip_does_not_extend_the_deadline(start):
    daemon = start({"timeouts.frame": "1s"})
    client = daemon.connect()
    client.send(header(1000) + b'"')
    end = time.monotonic() + seconds(20)
    while not select.select([client.sock], [], [], 0.1)[0]:
        assert time.monotonic() < end, "a frame may drip for ever"
        client.send(b"x")
    client.expect_error("frame_timeout")


def test_a_client_that_never_reads_its_acks_is_served_on_and_on(start):
    daemon = start({"timeouts.write": "1s"})
    client = daemon.connect(timeout=60)  # a full receive buffer would stop the kernel's own acknowledgements, too
    payload = frame(b"1") * 1000
    for _ in range(200):
        client.sock.sendall(payload)
    wait_until(lambda: daemon.status()["records"] == 200_000, "all are stored though no ack is read", 60)
    assert client.wait_ack(200_000) == 200_000
    assert not daemon.events("conn_close", peer=client.name)


@pytest.mark.parametrize("piece", [frame(b"?"), frame(b'"%s"' % (b"p" * 250), PING)], ids=["rejects", "pongs"])
def test_a_client_that_does_not_read_its_other_answers_is_a_slow_reader(start, piece):
    daemon = start({"timeouts.write": "1s"})
    client = daemon.connect(receive_buffer=1024)
    client.sock.setblocking(False)
    chunk = memoryview(piece * (65536 // len(piece)))
    rest = chunk
    end = time.monotonic() + seconds(60)
    while not (closed := daemon.events("conn_close", peer=client.name)):
        assert time.monotonic() < end, "a client that never reads its answers is kept for ever"
        try:
            if select.select([], [client.sock], [], 0.05)[1]:
                rest = rest[client.sock.send(rest):] or chunk
        except OSError:
            daemon.wait_event("conn_close", peer=client.name)
    assert closed[0]["reason"] == "slow_reader"


def test_a_slow_reader_leaves_the_others_alone(start):
    daemon = start({"timeouts.write": "60s"})
    stuck = daemon.connect(receive_buffer=1024)
    stuck.sock.setblocking(False)
    flood = frame(b"?") * 20_000
    stuck_for_good = 0
    while stuck_for_good < 3:  # until the server reads no more from it
        try:
            stuck.sock.send(flood)
            stuck_for_good = 0
        except BlockingIOError:
            stuck_for_good += not select.select([], [stuck.sock], [], 0.2)[1]
    other = daemon.connect()
    other.send_records([b"%d" % n for n in range(1000)])
    assert other.wait_ack() == 1000
