"""The log in systemd's journal: native fields, whatever peers send, and a journal that takes nothing harms nobody."""

import pytest

from fake_journal import FakeJournal, hide_run, stream_of
import private_mounts
from daemon import run_daemon
from frames import frame
from waiting import wait_until

HOSTILE = b"\x1b[31m\r\nPRIORITY=0\nevent=forged\x00" + "\u202e".encode()


@pytest.fixture
def journal():
    one = FakeJournal()
    yield one
    one.close()


@pytest.fixture
def silent_journal():
    one = FakeJournal(reads=False)
    yield one
    one.close()


def stderr_of(tmp_path, name="daemon"):
    path = tmp_path / name / "stderr.log"
    path.parent.mkdir()
    path.touch()
    return path


def wait_for(journal, word):
    return wait_until(lambda: journal.events(word), f"{word} in the journal")[0]


def test_native_fields_where_stderr_is_the_journal(start, journal, tmp_path):
    stderr = stderr_of(tmp_path)
    daemon = start(env={"JOURNAL_STREAM": stream_of(stderr)})
    client = daemon.connect()
    client.send_records([b"1"])
    client.wait_ack()
    client.half_close()
    client.until_end()
    entry = wait_for(journal, "conn_close")
    assert entry["SYSLOG_IDENTIFIER"] == b"crawlspoold" and entry["PRIORITY"] == b"6"
    assert entry["CRAWLSPOOL_PEER"] == client.name.encode() and entry["CRAWLSPOOL_RECORDS"] == b"1"
    assert entry["MESSAGE"].startswith(b"event=conn_close conn=")
    assert daemon.terminate() == 0
    assert wait_for(journal, "stopped")
    assert stderr.read_bytes() == b""


def test_lines_where_stderr_is_something_else(start, journal, tmp_path):
    other = stderr_of(tmp_path, "other")
    daemon = start(env={"JOURNAL_STREAM": stream_of(other)})
    assert daemon.wait_event("started")
    assert not journal.entries


def test_a_level_is_the_journals_priority(start, journal):
    daemon = start({"log.destination": "journald", "log.level": "debug", "listen.stream": '["tcp://0.0.0.0:0"]'})
    assert wait_for(journal, "public_bind")["PRIORITY"] == b"4"
    assert daemon.log() == ""


def test_hostile_bytes_stay_in_their_field(start, journal):
    daemon = start({"log.destination": "journald"})
    for text in (b"GET /" + HOSTILE, frame(HOSTILE, 11), HOSTILE):
        client = daemon.connect()
        client.send(text)
        client.half_close()
        client.until_end()
    wait_until(lambda: len(journal.events("conn_close")) == 3, "three closes in the journal")
    assert daemon.terminate() == 0
    for entry in journal.entries:
        assert int(entry["PRIORITY"]) >= 4 and set(entry) >= {"MESSAGE", "CRAWLSPOOL_EVENT"}
        for name, value in entry.items():
            assert name in ("MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER") or name.startswith("CRAWLSPOOL_"), name
            assert value.decode().isprintable(), (name, value)
    assert not journal.events("forged")


def test_a_journal_that_reads_nothing_stops_neither_the_work_nor_the_stop(start, silent_journal):
    daemon = start({"log.destination": "journald", "log.level": "debug"})
    for _ in range(1000):
        with daemon.connect() as client:
            client.send_records([b"1", b"?"])
            client.wait_ack()
    assert daemon.status()["records"] == 1000
    assert daemon.terminate() == 0


def test_a_journal_that_is_not_there_is_told_at_the_start(tmp_path):
    hide_run()
    try:
        result = run_daemon("--set", "log.destination=journald", "--set", f"spool.directory={tmp_path}/spool")
    finally:
        private_mounts.umount("/run")
    assert result.returncode == 78
    assert "log.destination" in result.stderr and "/run/systemd/journal/socket" in result.stderr
    assert not (tmp_path / "spool").exists()
