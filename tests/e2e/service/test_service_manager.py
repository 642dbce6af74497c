"""What systemd is told through a real notify socket: readiness, status, reloads, the watchdog, the stop."""

import contextlib
import re
import socket
import time

import pytest

from frames import Client
from held_thread import held_thread
from reloading import ConfigFile, hup
from service_manager import NotifySocket, watchdog
from slow_sync import slow_sync
from tools import strace_environment, strace_works
from waiting import seconds, wait_until


@pytest.fixture
def manager(tmp_path):
    socket_ = NotifySocket(tmp_path / "notify")
    yield socket_
    socket_.close()


def index_of(manager, key):
    return next(index for index, message in enumerate(manager.take()) if key in message)


def test_ready_is_told_once_everything_listens(start, manager):
    daemon = start(env=manager.environment())
    assert manager.wait("READY") == {"READY": "1", "STATUS": "Ready"}
    assert manager.messages[0] == {"STATUS": "Recovering the spool"}
    assert len(manager.having("READY")) == 1
    for kind in ("stream", "http", "admin"):
        socket.create_connection(daemon.address(kind)).close()


def test_ready_is_not_told_where_nothing_will_listen(start, manager, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(AssertionError, match="ended with 74"):
            start({"listen.stream": '["tcp://127.0.0.1:%d"]' % taken.getsockname()[1]}, env=manager.environment())
    assert not manager.having("READY")


def test_a_long_recovery_asks_for_time_and_is_not_ready_meanwhile(start, manager, tmp_path):
    daemon = start()
    daemon.terminate()
    daemon.env = {**(strace_environment() or {}), **manager.environment()}
    late = tmp_path / "late"
    # The wait is the disk's: each pread64 takes so long that systemd would otherwise have to guess.
    assert strace_works()
    daemon.wrapper = ["strace", "-f", "-qq", "-o", str(late), "-e", "trace=pread64", "-e",
                      f"inject=pread64:delay_enter={int(seconds(1) * 1e6)}:when=1"]
    daemon.launch()
    assert int(manager.wait("EXTEND_TIMEOUT_USEC")["EXTEND_TIMEOUT_USEC"]) >= 10_000_000
    assert not manager.having("READY")
    manager.wait("READY")
    daemon.ready = {"pid": int(late.read_text().split()[0])}
    wait_until(daemon.ready_file.exists, "the ready file")
    daemon.terminate()


def test_the_status_tells_state_and_rates(start, manager):
    daemon = start(env=manager.environment())
    with daemon.connect() as client:
        client.send_records([b"1"] * 1000)
        client.wait_ack()
        pattern = re.compile(r"ok: [1-9]\d* records/s, \d+\.\d\d MB/s, 1 connections, ack p99 \d+\.\d ms")
        wait_until(lambda: any(pattern.fullmatch(m["STATUS"]) for m in manager.having("STATUS")), "a status with rates")


def test_a_reload_is_told_from_its_begin_to_its_end(start, manager, tmp_path):
    file = ConfigFile(tmp_path / "crawlspoold.yaml")
    daemon = start(args=file.args, env=manager.environment())
    manager.wait("READY")
    for good in (True, False):
        manager.forget()
        before_us = time.monotonic_ns() // 1000
        file.write_text("" if good else "nonsense\n")
        assert hup(daemon)["ok"] == good
        manager.wait("READY")
        told = manager.having("RELOADING", "1")
        assert len(told) == 1 and before_us <= int(told[0]["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
        assert index_of(manager, "RELOADING") < index_of(manager, "READY")


def test_a_stop_is_told_with_the_time_that_it_may_take(start, manager):
    daemon = start({"timeouts.drain": "45s"}, env=manager.environment())
    daemon.terminate()
    told = manager.wait("STOPPING", "1")
    assert int(told["EXTEND_TIMEOUT_USEC"]) >= 45_000_000
    after = manager.messages[manager.messages.index(told) + 1:]
    assert not [message for message in after if "READY" in message or "RELOADING" in message]


def fill(manager):
    """As many messages as the manager's socket takes while nobody reads them."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                other.sendto(b"FILLED=1", manager.path)


def test_a_stop_ends_beside_a_manager_that_does_not_listen(start, manager):
    daemon = start(env=manager.environment(**watchdog(0.4)))
    manager.wait("WATCHDOG", count=2)
    fill(manager)
    assert daemon.terminate() == 0
    assert not manager.having("STOPPING")


def test_a_manager_that_listens_late_is_told_in_order(start, manager):
    fill(manager)
    start(env=manager.environment())
    manager.wait("READY")
    assert [message for message in manager.messages if "FILLED" not in message][:2] == [
        {"STATUS": "Recovering the spool"}, {"READY": "1", "STATUS": "Ready"}]


def test_the_watchdog_is_fed_at_half_of_its_time(start, manager):
    usec = watchdog(2)
    daemon = start({"io_threads": "3"}, env=manager.environment(**usec))
    began = time.monotonic()
    manager.wait("WATCHDOG", "1", count=4)
    assert time.monotonic() - began >= 2.9 * int(usec["WATCHDOG_USEC"]) / 2e6
    daemon.connect().ping()


def test_without_a_watchdog_none_is_fed(start, manager):
    start(env=manager.environment())
    manager.wait("STATUS", count=3)
    assert not manager.having("WATCHDOG")


def test_a_slow_disk_is_no_hang(start, manager, tmp_path):
    slow = slow_sync(tmp_path, int(seconds(500)))
    daemon = start(env={**slow["env"], **manager.environment(**watchdog(0.4))})
    client = daemon.connect(timeout=30)
    client.send_record(b"1")
    client.wait_read()
    manager.forget()
    client.wait_ack()
    assert len(manager.having("WATCHDOG")) >= 2
    assert not daemon.events("stalled")


def test_a_loop_that_hangs_starves_the_watchdog(start, manager):
    usec = watchdog(1)
    daemon = start({"io_threads": "2"}, env=manager.environment(**usec))
    manager.wait("WATCHDOG", count=2)  # the second one says that every loop runs
    with held_thread(daemon.pid):  # the first loop's
        daemon.wait_event("stalled", silent_loops="1")
        manager.forget()
        wait_until(lambda: len(daemon.events("stalled")) >= 4, "it is noticed again and again")
        assert not manager.having("WATCHDOG")
    manager.wait("WATCHDOG")


def test_without_a_service_manager_nothing_is_told(start):
    daemon = start()
    assert Client(daemon.address()).ping() is None
    assert not daemon.events("stalled")
