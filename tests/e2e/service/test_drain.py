"""The end of a stop: whatever is being taken in is taken in whole, what has not been begun is given up, the spool is
closed in order, and no peer decides the exit code."""

import collections
import concurrent.futures
import json
import signal
import socket

import pytest

from flood import fill
from frames import BATCH, ZSTD_BATCH, frame, frames, hello
from slow_sync import slow_sync
from waiting import wait_until
from zstd_frames import compress

SETTINGS = {"timeouts.drain": "1500ms"}
BAD = b'{"bad'


def stop(daemon, timeout=20):
    daemon.signal(signal.SIGTERM)
    return daemon.wait_exit(timeout)


def assert_closed_in_order(daemon):
    """The next start finds nothing to read: the snapshot is that of the end."""
    position = sum(path.stat().st_size for path in [daemon.spool.open_segment()])
    daemon.start()
    recovered = daemon.wait_event("recovered")
    assert recovered["lines"] == "0", recovered
    assert not daemon.events("recovery_truncated") and daemon.status()["spool"]["position"] == position


def silent_client(daemon, data):
    """One that never reads its answers, with more sent than is taken in before they are read."""
    client = daemon.connect(receive_buffer=4096)
    fill(client.sock, data)
    wait_until(lambda: any(one["state"] == "output" for one in connections(daemon)), "its answers wait")
    return client


def connections(daemon):
    return daemon.admin("/connections").json()["connections"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_client_that_does_not_read_its_rejects_does_not_hold_up_the_stop(start, number):
    daemon = start(SETTINGS)
    silent_client(daemon, frames([BAD] * 400_000))
    daemon.signal(number)
    assert daemon.wait_exit() == 0
    assert daemon.events("stopped", exit="0") and not daemon.events("stopped", reason="drain_timeout")
    assert_closed_in_order(daemon)


def mixed(count):
    return [b'{"n":%d}' % n if n % 2 else BAD for n in range(count)]


@pytest.mark.parametrize("kind", [BATCH, ZSTD_BATCH])
def test_a_batch_that_has_been_begun_is_taken_in_whole(start, kind):
    daemon = start(SETTINGS)
    records = mixed(60_000)
    content = b"\n".join(records)
    payload = compress(content) if kind == ZSTD_BATCH else content
    client = silent_client(daemon, frame(payload, kind) * 5 + frames([BAD] * 400_000))  # more than the kernels hold
    good = [record for record in records if record != BAD]
    wait_until(lambda: len(daemon.spool.records(live=True)) % len(good), "a batch is begun and not whole")
    assert stop(daemon) == 0
    stored = daemon.spool.records()
    assert stored == good * (len(stored) // len(good))
    client.close()
    assert_closed_in_order(daemon)


def test_a_batch_that_has_not_been_begun_is_given_up(start):
    daemon = start(SETTINGS)
    silent_client(daemon, frames([BAD] * 3000) + frame(b"\n".join(mixed(60_000)), BATCH) * 8)
    assert stop(daemon) == 0
    assert len(daemon.spool.records()) % 30_000 == 0
    assert_closed_in_order(daemon)


def test_silent_clients_of_a_session_store_nothing_twice(start):
    daemon = start(SETTINGS)
    records = mixed(60_000)
    session = "0123456789abcdef0123456789abcdef"
    silent_client(daemon, hello(client="silent", session=session) + frame(b"\n".join(records), BATCH) +
                  frames([BAD] * 400_000))
    assert stop(daemon) == 0
    daemon.start()
    again = daemon.connect()
    welcome = again.hello(client="silent", session=session)
    assert welcome["last_seq"] >= len(records)
    assert daemon.spool.records() == [record for record in records if record != BAD]


def body_of(writer, count):
    return b"".join(b'{"writer":%d,"n":%d,"pad":"%s"}\n' % (writer, n, b"x" * 400) for n in range(count))


def test_a_body_that_has_been_begun_is_taken_in_whole_and_answered(start, tmp_path):
    """The disk is slow: at the end of the drain more waits for it than one commit takes, and bodies are half taken in."""
    daemon = start({"timeouts.drain": "600ms"}, **slow_sync(tmp_path, 400))
    count, writers = 40_000, 4

    bodies = [body_of(writer, count) for writer in range(writers)]

    def post(writer):
        try:
            return daemon.post(bodies[writer], "application/x-ndjson")
        except (OSError, EOFError):
            return None  # refused off its head, or not sent to its end

    with concurrent.futures.ThreadPoolExecutor(writers) as pool:
        posted = [pool.submit(post, writer) for writer in range(writers)]
        wait_until(lambda: 0 < daemon.status()["records"] < writers * count, "a commit holds a part of the bodies")
        daemon.signal(signal.SIGTERM)
        responses = [one.result() for one in posted]
    assert daemon.wait_exit() == 0
    stored = collections.Counter(json.loads(record)["writer"] for record in daemon.spool.records())
    assert set(stored.values()) == {count}, stored
    for writer, response in enumerate(responses):
        answered = response is not None and response.status == 200
        assert answered == (writer in stored), (writer, response)
        if response is not None:
            assert response.headers["connection"] == "close"
            assert answered and response.json()["accepted"] == count or response.error_code() == "draining"
    assert_closed_in_order(daemon)


def test_a_client_that_does_not_read_a_long_answer_does_not_hold_up_the_stop(start):
    daemon = start(SETTINGS)
    with daemon.web() as web:
        web.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        web.request("POST", "/v1/records", b"\n".join(mixed(60_000)), headers={"Content-Type": "application/x-ndjson"})
        wait_until(lambda: any(one["rejects"] == 30_000 for one in connections(daemon)), "it is taken in")
        assert stop(daemon) == 0
    assert len(daemon.spool.records()) == 30_000
    assert_closed_in_order(daemon)


def test_a_time_for_the_drain_that_is_short_is_no_reason_either(start):
    daemon = start({"timeouts.drain": "1ms"})
    silent_client(daemon, frames([BAD] * 400_000))
    assert stop(daemon) == 0
    assert_closed_in_order(daemon)


def test_a_stop_of_the_process_in_the_middle_of_a_drain_is_no_reason_either(start):
    daemon = start(SETTINGS)
    silent_client(daemon, frames([BAD] * 400_000))
    daemon.signal(signal.SIGTERM)
    daemon.wait_event("draining")
    daemon.signal(signal.SIGSTOP)
    # Not a wait for something: longer than timeouts.drain, so that all of its times are over at once.
    signal.sigtimedwait([], 2)
    daemon.signal(signal.SIGCONT)
    assert daemon.wait_exit() == 0
    assert_closed_in_order(daemon)
