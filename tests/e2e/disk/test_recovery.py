"""Start after a crash and after a clean stop: what is cut, what is kept, what is said."""

import os
import signal

import pytest

import spool
import writers as load
from daemon import Daemon, run_daemon
from frames import header
from invariant import check_spool
from waiting import wait_until

RECORDS = [b'{"n":%d,"text":"crawled"}' % n for n in range(1, 21)]


def store(daemon, records=None):
    client = daemon.connect()
    client.send_records(records or RECORDS)
    client.wait_ack()
    return client


def spools_of_a_killed_daemon(start):
    daemon = start()
    store(daemon)
    daemon.kill()
    return daemon, daemon.spool.open_segment()


SOUND = spool.make_line(b'"whole, but behind damage"')
TAILS = {
    "torn line": SOUND[:40],
    "line without its break": SOUND[:-1],
    "garbage": bytes(range(256)) * 5,
    "zeros": bytes(4096),
    "zeros and a sound line": bytes(512) + b"\n" + SOUND,
    "damaged line and a sound one": SOUND.replace(b"whole", b"WHOLE") + SOUND,
}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS.keys())
def test_a_bad_tail_is_cut_off_kept_aside_and_reported(start, tail):
    daemon, segment = spools_of_a_killed_daemon(start)
    position = segment.stat().st_size
    with open(segment, "ab") as file:
        file.write(tail)
    daemon.start()
    assert daemon.spool.cuts() == {position: tail}
    event = daemon.wait_event("recovery_truncated")
    assert str(position) in event.values() and str(len(tail)) in event.values(), event
    store(daemon, [b'"new"'])
    assert daemon.spool.records() == [*RECORDS, b'"new"']


def test_a_sound_unsynced_line_at_the_end_is_kept(start):
    daemon, segment = spools_of_a_killed_daemon(start)
    with open(segment, "ab") as file:
        file.write(spool.make_line(b'"written, not acked"'))
    daemon.start()
    assert daemon.spool.cuts() == {}
    assert daemon.spool.records() == [*RECORDS, b'"written, not acked"']


def test_damage_before_the_durable_position_is_reported_skipped_and_left(start):
    daemon, segment = spools_of_a_killed_daemon(start)
    damaged = daemon.spool.lines()[4]
    flip(segment, damaged.position + damaged.length // 2)
    size = segment.stat().st_size
    daemon.start()
    assert daemon.spool.cuts() == {} and segment.stat().st_size == size
    wait_until(lambda: any(event["level"] in ("warn", "error") and event.get("position") == str(damaged.position)
                           for event in daemon.events()), f"damage at {damaged.position} is reported")
    store(daemon, [b'"new"'])
    kept = [line.record for line in daemon.spool.lines(skip_damage=True)]
    assert kept == [*RECORDS[:4], *RECORDS[5:], b'"new"']


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        (byte,) = file.read(1)
        file.seek(offset)
        file.write(bytes([byte ^ 0x10]))


@pytest.mark.parametrize("content", [None, b"", b"garbage", b"0" * 20, b"\0" * 20],
                         ids=["missing", "empty", "garbage", "behind", "zeros"])
def test_a_lost_durable_file_loses_nothing(start, content):
    daemon, _ = spools_of_a_killed_daemon(start)
    store_twice = RECORDS * 2
    daemon.start()
    store(daemon)
    daemon.kill()
    durable = daemon.spool.directory / "durable"
    durable.unlink() if content is None else durable.write_bytes(content)
    daemon.start()
    assert daemon.spool.records() == store_twice
    assert daemon.spool.cuts() == {}


def test_a_second_daemon_is_refused_and_told_who_holds_the_spool(start, tmp_path):
    holder = start()
    second = Daemon(tmp_path / "second", spool_directory=holder.spool.directory).launch()
    assert second.wait_exit() == 75
    assert str(holder.pid) in second.log()
    assert not second.ready_file.exists()
    store(holder)
    assert holder.spool.records(live=True) == RECORDS


def test_a_clean_stop_settles_acks_and_says_draining(start):
    daemon = start()
    client = daemon.connect()
    client.send_records(RECORDS)
    client.wait_read()
    daemon.signal(signal.SIGTERM)
    client.wait_ack()
    client.expect_goodbye("draining")
    assert daemon.wait_exit() == 0
    assert daemon.spool.records() == RECORDS
    assert not daemon.ready_file.exists()
    assert daemon.events("draining") and daemon.events("stopped")


def test_a_clean_stop_leaves_an_honest_file(start):
    daemon = start()
    store(daemon)
    assert daemon.terminate() == 0
    data = daemon.spool.open_segment().read_bytes()
    assert data.endswith(b"}\n") and b"\0" not in data
    assert sum(line.length for line in daemon.spool.lines()) == len(data) == daemon.spool.durable()


def test_a_start_after_a_clean_stop_cuts_nothing(start):
    daemon = start()
    store(daemon)
    assert daemon.terminate() == 0
    daemon.start()
    assert not daemon.events("recovery_truncated")
    assert daemon.spool.cuts() == {}
    assert store(daemon).acked == len(RECORDS)
    assert daemon.spool.records() == RECORDS * 2


def test_at_a_clean_stop_in_mid_load_what_is_stored_is_what_was_acked(start):
    daemon = start()
    writers = load.start_writers(daemon, "drained")
    load.wait_for_acks(writers, 2000)
    assert daemon.terminate() == 0
    load.join(writers)
    assert {writer.goodbye for writer in writers} == {"draining"}
    assert check_spool(daemon.spool, load.ledgers(writers)) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_begun_frame_does_not_hold_up_the_stop(start, number):
    daemon = start()
    client = daemon.connect()
    client.send(header(1000) + b'"begun')
    client.wait_read()
    daemon.signal(number)
    client.expect_goodbye("draining")
    assert daemon.wait_exit() == 0


def test_the_spool_keeps_its_identity(start):
    daemon = start()
    before = (daemon.spool.directory / "spool.json").read_bytes()
    assert b'"format":1' in before
    daemon.kill()
    daemon.start()
    assert (daemon.spool.directory / "spool.json").read_bytes() == before


def test_a_spool_of_a_higher_format_is_not_touched(start):
    daemon, segment = spools_of_a_killed_daemon(start)
    identity = daemon.spool.directory / "spool.json"
    identity.write_bytes(identity.read_bytes().replace(b'"format":1', b'"format":2'))
    with open(segment, "ab") as file:
        file.write(b"a tail this version knows nothing of")
    before = contents(daemon.spool.directory)
    assert daemon.launch().wait_exit() == 78
    assert contents(daemon.spool.directory) == before


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file() and path.name != "LOCK"}


@pytest.mark.parametrize("name", ["LOCK", "spool.json", "segment"])
def test_a_link_in_place_of_a_file_it_needs_ends_the_start(start, tmp_path, name):
    daemon, segment = spools_of_a_killed_daemon(start)
    path = segment if name == "segment" else daemon.spool.directory / name
    elsewhere = tmp_path / "elsewhere"
    os.rename(path, elsewhere)
    path.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    assert daemon.launch().wait_exit() == 77
    assert elsewhere.read_bytes() == before


def test_files_and_folders_are_not_for_everyone(start):
    daemon = start()
    store(daemon)
    assert daemon.spool.directory.stat().st_mode & 0o777 == 0o750
    assert daemon.spool.open_segment().stat().st_mode & 0o777 == 0o640


def test_a_missing_parent_of_the_spool_is_a_clear_error(tmp_path):
    result = run_daemon("--set", f"spool.directory={tmp_path}/no/such/spool",
                        "--set", 'listen.stream=["tcp://127.0.0.1:0"]', "--set", 'listen.http=["tcp://127.0.0.1:0"]',
                        "--set", 'listen.admin=["tcp://127.0.0.1:0"]', "--set", "spool.compression=none")
    assert result.returncode in (74, 77, 78)
    assert "no/such" in result.stderr
