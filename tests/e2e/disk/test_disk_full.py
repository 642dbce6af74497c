"""A full disk is a state and not a crash: told to everyone, nothing acked is lost, and it goes on by itself."""

import os

import pytest

import web
from waiting import wait_until

FULL = {"spool.keep_free_bytes": "100TiB"}


def test_the_keep_free_mark_is_a_state_told_everywhere(start):
    daemon = start(FULL)
    client = daemon.connect()
    client.send_record(b"1")
    wait_until(lambda: daemon.status()["state"] == "disk_full", "state disk_full")
    assert "spool.keep_free_bytes" in daemon.status()["state_detail"]
    ready = daemon.admin("/readyz")
    assert (ready.status, ready.body.strip()) == (503, b"disk_full")
    assert daemon.admin("/livez").status == 200
    assert client.acked == 0
    daemon.wait_event("disk_full")
    daemon.kill()


def test_a_stream_client_is_told_slow(start):
    daemon = start(FULL)
    client = daemon.connect(timeout=20)
    client.send_record(b"1")
    slow = client.until("slow")
    assert slow["reason"] == "disk_full"
    assert slow["retry_after_ms"] >= 0
    assert client.acked == 0
    daemon.kill()


def test_http_is_told_503_with_retry_after(start):
    daemon = start(FULL)
    wait_until(lambda: daemon.status()["state"] == "disk_full", "state disk_full")
    response = daemon.post(b"1")
    assert response.status == 503
    assert response.error_code() == "disk_full"
    assert int(response.headers["retry-after"]) > 0


def test_http_is_refused_before_its_body_is_read(start):
    daemon = start(FULL)
    wait_until(lambda: daemon.status()["state"] == "disk_full", "state disk_full")
    with daemon.web() as connection:
        connection.send(b"POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        b"Content-Length: 1000000\r\n\r\n")
        assert connection.response().status == 503


def test_a_full_daemon_stops_cleanly(start):
    daemon = start({**FULL, "timeouts.drain": "2s"})
    client = daemon.connect()
    wait_until(lambda: daemon.status()["connections"]["stream"] == 1, "the connection is accepted")
    assert daemon.terminate() == 0
    client.expect_goodbye("draining")


@pytest.mark.parametrize("keep_free", ["0", "1MiB"])
def test_filled_freed_and_resumed_without_loss(tmpfs, start, keep_free):
    ballast = tmpfs / "ballast"
    ballast.write_bytes(bytes(8 << 20))
    daemon = start({"spool.keep_free_bytes": keep_free}, spool_directory=tmpfs / "spool")
    client = daemon.connect(timeout=30)
    payloads = []
    told = False
    while not told:
        if client.sent - client.acked < 16:
            payloads.append(b'{"n":%d,"pad":"%s"}' % (len(payloads), b"x" * 60_000))
            client.send_record(payloads[-1])
        else:
            message = client.receive()
            told = "slow" in message
            assert told or "ack" in message, message
        assert len(payloads) < 400, "16 MiB hold more than that"
    acked_while_full = client.acked
    assert daemon.status()["state"] == "disk_full"
    assert web.get(daemon.address("admin"), "/readyz").status == 503
    assert len(daemon.spool.lines(live=True)) >= acked_while_full
    os.unlink(ballast)
    client.wait_ack()
    wait_until(lambda: daemon.admin("/readyz").status == 200, "ready again")
    assert daemon.spool.records() == payloads
    assert daemon.status()["state"] == "ok" and daemon.status()["state_detail"] == ""


def test_resume_is_told_to_those_who_were_told_slow(tmpfs, start):
    ballast = tmpfs / "ballast"
    ballast.write_bytes(bytes(15 << 20))
    daemon = start({"spool.keep_free_bytes": "4MiB"}, spool_directory=tmpfs / "spool")
    client = daemon.connect(timeout=30)
    client.send_record(b"1")
    assert client.until("slow")["reason"] == "disk_full"
    os.unlink(ballast)
    assert client.until("resume") == {}
    assert client.wait_ack() == 1
