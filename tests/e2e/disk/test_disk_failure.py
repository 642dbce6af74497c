"""A disk that fails: no false ack, everyone told, exit 74, and the next start finds all that was acked."""

import pytest

from daemon import CRAWLSPOOLD, Daemon
from storage_calls import Point, injected, traced
from tools import strace, strace_works
from waiting import wait_until

WRITES = ("write", "writev", "pwrite64", "pwritev", "pwritev2")


def send_until_the_end(client, most=200):
    """Records one at a time, until the server ends the connection; its last word."""
    for _ in range(most):
        number = client.send_record(b'{"n":%d}' % (client.sent + 1))
        while client.acked < number:
            message = client.receive()
            assert message is not None, "closed without a word"
            if "error" in message:
                client.expect_end()
                return message["error"]
    raise AssertionError(f"{most} records acked, and the fault never came")


def check_after_failure(daemon, clients):
    daemon.start()
    for client in clients:
        stored = daemon.spool.records(peer=client.name)
        assert stored == [b'{"n":%d}' % n for n in range(1, len(stored) + 1)]
        assert client.acked <= len(stored) <= client.sent
    daemon.connect().ping()


def failing(start, tmp_path, calls, fault):
    """A daemon whose calls on its segment fail so, on a spool that exists, and one without the fault for afterwards."""
    plain = start()
    segment = plain.spool.open_segment()
    assert plain.terminate() == 0
    options = strace(*(f"{call}:{fault}" for call in calls), path=segment)
    return plain, Daemon(tmp_path / "daemon", **options).start()


@pytest.mark.parametrize("when", ["4", "5+", "10"])
def test_a_failed_sync_is_never_acked(start, tmp_path, when):
    plain, faulty = failing(start, tmp_path, ["fdatasync"], f"error=EIO:when={when}")
    try:
        client, idle = faulty.connect(), faulty.connect()
        idle.ping()
        assert send_until_the_end(client)["code"] == "spool_failed"
        idle.expect_error("spool_failed")
        assert client.sent == client.acked + 1
        assert faulty.wait_exit() == 74
        assert any(event["level"] == "error" for event in faulty.events())
    finally:
        faulty.kill()
    check_after_failure(plain, [client])


def test_a_failed_write_is_never_acked(start, tmp_path):
    plain, faulty = failing(start, tmp_path, WRITES, "error=EIO:when=4")
    try:
        client = faulty.connect()
        assert send_until_the_end(client)["code"] == "spool_failed"
        assert faulty.wait_exit() == 74
    finally:
        faulty.kill()
    check_after_failure(plain, [client])


@pytest.mark.parametrize("calls", [WRITES, ("fdatasync",)], ids=["write", "fdatasync"])
def test_no_space_for_once_loses_nothing_and_goes_on(start, tmp_path, calls):
    plain, faulty = failing(start, tmp_path, calls, "error=ENOSPC:when=4")
    try:
        client = faulty.connect(timeout=30)
        for n in range(1, 21):
            client.send_record(b'{"n":%d}' % n)
            client.wait_ack()
        assert faulty.spool.records() == [b'{"n":%d}' % n for n in range(1, 21)]
        faulty.wait_event("disk_full")
        assert faulty.terminate() == 0
    finally:
        faulty.kill()
    check_after_failure(plain, [client])


def test_interrupted_calls_are_tried_again(start, tmp_path):
    plain, faulty = failing(start, tmp_path, WRITES, "error=EINTR:when=1+2")
    try:
        client = faulty.connect()
        for n in range(1, 21):
            client.send_record(b'{"n":%d}' % n)
            client.wait_ack()
        assert faulty.terminate() == 0
    finally:
        faulty.kill()
    check_after_failure(plain, [client])


def test_readyz_and_http_say_so_before_the_end_or_the_end_has_come(start, tmp_path):
    plain, faulty = failing(start, tmp_path, ["fdatasync"], "error=EIO:when=4+")
    try:
        for n in range(50):
            try:
                response = faulty.post(b"%d" % n)
            except (OSError, EOFError):
                break
            if response.status != 200:
                assert response.status == 503 and response.error_code() == "spool_failed"
                break
        else:
            raise AssertionError("50 requests answered 200, and the fault never came")
        wait_until(lambda: not faulty.running(), f"{CRAWLSPOOLD} ends")
        assert faulty.wait_exit() == 74
    finally:
        faulty.kill()
    plain.start()
    assert n <= len(plain.spool.lines()) <= n + 1


@pytest.mark.parametrize("error", ["EINVAL", "EOPNOTSUPP", "ENOTTY", "ENOMEM"])
def test_writes_past_the_cache_that_are_refused_go_through_it(tmp_path, error):
    """Whatever word the file system has for it."""
    if not strace_works():
        pytest.skip("strace cannot inject faults here")
    segment = Point("pwrite64", f"HOME/spool/{0:020}.ndjson.open", "1+")
    payloads = [b'"%s"' % (b"%d" % number * 300_000) for number in range(4)]
    daemon = traced(tmp_path / "daemon", {}, segment, f"error={error}").start()
    try:
        client = daemon.connect(timeout=30)
        client.send_records(payloads)
        client.wait_ack()
        assert daemon.terminate() == 0
    finally:
        daemon.kill()
    assert daemon.spool.records(peer=client.name) == payloads
    assert injected(daemon.calls_log), "nothing was written past the cache"
