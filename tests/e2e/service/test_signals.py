"""Signals: those that mean nothing to the daemon do not end it, and those that end it do so whatever else hangs."""

import os
import signal
import sys

import pytest

from address_space import bounded
from reloading import ConfigFile, hup
from slow_sync import slow_sync
from waiting import wait_until

BLOCKS_ALL = "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()); " \
             "os.execvp(sys.argv[1], sys.argv[1:])"


@pytest.mark.parametrize("name", ["SIGUSR1", "SIGUSR2", "SIGPIPE", "SIGXFSZ", "SIGWINCH", "SIGCHLD", "SIGURG"])
def test_a_signal_that_means_nothing_here_changes_nothing(start, name):
    daemon = start()
    client = daemon.connect()
    daemon.signal(getattr(signal, name))
    client.send_record(b"1")
    assert client.wait_ack() == 1
    assert daemon.status()["state"] == "ok"


def test_what_the_parent_has_blocked_is_heard(start):
    daemon = start(wrapper=[sys.executable, "-c", BLOCKS_ALL])
    assert daemon.terminate() == 0


@pytest.fixture
def hanging(start, tmp_path):
    """A daemon whose reload hangs on a configuration that nobody writes."""
    file = ConfigFile(tmp_path / "crawlspoold.yaml")
    # It ends beside that thread, and so without its others being joined: ThreadSanitizer takes that for a leak.
    sanitizer = os.environ.get("TSAN_OPTIONS", "")
    daemon = start({"timeouts.drain": "3s"}, args=file.args, env={"TSAN_OPTIONS": f"{sanitizer}:report_thread_leaks=0"})
    file.path.unlink()
    os.mkfifo(file.path)
    daemon.signal(signal.SIGHUP)
    daemon.wait_event("logs_reopened")
    reader = wait_until(lambda: thread_that_opens(daemon.pid), "a thread opens the FIFO")
    assert reader != daemon.pid
    return daemon


def thread_that_opens(pid):
    """The thread that waits for a FIFO's other end."""
    for tid in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{tid}/wchan", encoding="ascii") as wchan:
                if wchan.read() in ("wait_for_partner", "fifo_open"):
                    return int(tid)
            with open(f"/proc/{pid}/task/{tid}/syscall", encoding="ascii") as syscall:
                number = syscall.read().split()[0]
                if number in ("2", "56", "257"):  # open, openat
                    return int(tid)
        except OSError:
            pass
    return None


def test_a_stop_does_not_wait_for_a_reload_that_hangs(hanging):
    client = hanging.connect()
    client.send_record(b"1")
    client.wait_ack()
    assert hanging.terminate() == 0
    client.expect_goodbye("draining")
    assert hanging.events("stopped", exit="0")
    assert hanging.spool.records() == [b"1"]


def test_a_reload_that_hangs_changes_nothing_and_may_still_fail(hanging):
    with open(hanging.args[1], "w", encoding="utf-8") as fifo:
        fifo.write("no: such key\n")
    hanging.wait_event("reload_failed")
    assert hanging.terminate() == 0


@pytest.fixture
def stuck(start, tmp_path):
    """A daemon whose disk does not answer, with a record on the way to it."""
    hangs = tmp_path / "hangs"
    daemon = start({"timeouts.drain": "1s"}, **slow_sync(tmp_path, 120_000, only_while=hangs))
    client = daemon.connect()
    client.send_record(b"1")
    client.wait_ack()
    hangs.touch()
    client.send_record(b"2")
    client.wait_read()
    return daemon


def test_a_disk_that_does_not_answer_ends_a_stop_with_74(stuck):
    assert stuck.terminate() == 74
    assert stuck.events("stopped", reason="drain_timeout")
    assert stuck.spool.records(live=True)[0] == b"1"


def test_a_second_signal_acts_at_once(stuck):
    stuck.signal(signal.SIGTERM)
    stuck.wait_event("draining")
    stuck.signal(signal.SIGTERM)
    assert stuck.wait_exit() == 74
    assert stuck.events("stopped", reason="second_signal")


def test_a_reload_without_a_thread_to_be_had_fails_and_changes_nothing(start, tmp_path):
    file = ConfigFile(tmp_path / "crawlspoold.yaml", {"limits.batch_records_max": 17})
    daemon = start(args=file.args)
    file.write({"limits.batch_records_max": 18})
    with bounded(daemon.pid, 4 << 20):  # less than a thread's stack
        state = hup(daemon)
    assert not state["ok"] and "thread" in state["error"], state
    assert daemon.wait_event("reload_failed")["generation"] == "1"
    assert daemon.connect().hello()["batch_records_max"] == 17
    assert hup(daemon)["ok"]
    assert daemon.connect().hello()["batch_records_max"] == 18
