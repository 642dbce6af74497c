"""Who writes a spool: the daemon whose lock lies under its name, in the directory under its path. One that finds otherwise
acks nothing more and ends, so that two never write for longer than a moment."""

import os

import pytest

from daemon import Daemon
from waiting import wait_until


def settled(daemon, count):
    client = daemon.connect(timeout=30)
    client.send_records([b"%d" % number for number in range(1, count + 1)])
    client.wait_ack()
    return client


def expect_the_end(daemon, client, words):
    client.expect_error("spool_failed")
    assert daemon.wait_exit() == 74
    assert words in daemon.events("spool_failed")[-1]["detail"]


def test_a_lock_that_was_removed_ends_the_daemon(start):
    daemon = start()
    client = settled(daemon, 3)
    os.unlink(daemon.spool.directory / "LOCK")
    expect_the_end(daemon, client, "LOCK was removed or replaced")
    daemon.start()
    assert daemon.spool.records() == [b"1", b"2", b"3"]
    assert settled(daemon, 1).acked == 1


def test_of_two_daemons_the_one_that_holds_the_name_goes_on(start):
    daemon = start()
    client = settled(daemon, 3)
    os.unlink(daemon.spool.directory / "LOCK")
    second = Daemon(daemon.home.parent / "second", spool_directory=daemon.spool.directory).start()
    try:
        expect_the_end(daemon, client, "LOCK was removed or replaced")
        settled(second, 2)
        assert second.spool.records(live=True) == [b"1", b"2", b"3", b"1", b"2"]
        assert second.terminate() == 0
    finally:
        second.kill()


@pytest.mark.parametrize("replaced", [False, True], ids=["moved", "replaced"])
def test_a_directory_that_was_moved_ends_the_daemon(start, replaced):
    daemon = start()
    client = settled(daemon, 3)
    moved = daemon.spool.directory.with_name("moved")
    daemon.spool.directory.rename(moved)
    if replaced:
        daemon.spool.directory.mkdir(0o750)
    expect_the_end(daemon, client, "was moved, removed or replaced")
    if replaced:
        daemon.spool.directory.rmdir()
    moved.rename(daemon.spool.directory)
    daemon.start()
    assert daemon.spool.records() == [b"1", b"2", b"3"]


def test_nothing_is_acked_behind_the_end(start):
    daemon = start()
    client = settled(daemon, 1)
    os.unlink(daemon.spool.directory / "LOCK")
    wait_until(lambda: not daemon.running() or daemon.events("spool_failed"), "the daemon has noticed")
    try:
        client.send_record(b"2")
    except OSError:
        pass
    messages = client.until_end()
    assert not any("ack" in message for message in messages), messages
    assert daemon.wait_exit() == 74
    assert daemon.spool.records() == [b"1"]
