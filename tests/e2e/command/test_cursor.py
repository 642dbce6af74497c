"""Readers with a name: each record at least once, whatever ends the reader, and retention waits for them."""

import random
import re
import subprocess

from command import Reader, numbered, restart, run, send_records
from daemon import CRAWLSPOOL, clean_environment
from waiting import wait_until

ROTATING = {"spool.segment_bytes_max": "64KiB", "spool.compression": "zstd", "spool.retention_bytes_max": "192KiB"}


def cat(daemon, *more):
    return run("cat", "--records", "--cursor", "reader", *more, "--spool", daemon.spool.directory)


def records_of(result):
    assert result.returncode == 0, result.stderr
    return result.stdout.split(b"\n")[:-1]


def test_each_reading_gives_what_is_new(start):
    daemon = start()
    for begin in range(0, 500, 100):
        send_records(daemon, numbered(begin, begin + 100))
        assert records_of(cat(daemon)) == numbered(begin, begin + 100)
    daemon.terminate()
    assert records_of(cat(daemon)) == []


def test_a_killed_reader_sees_some_twice_and_misses_none(start, tmp_path):
    daemon = start({"spool.segment_bytes_max": "64KiB", "spool.compression": "zstd"})
    dice = random.Random(7)
    records = numbered(0, 6000)
    output = tmp_path / "out"
    output.write_bytes(b"")
    for begin in range(0, len(records), 500):
        send_records(daemon, records[begin:begin + 500])
        with Reader(output, "tail", "-f", "--records", "--cursor", "killed", "--spool", daemon.spool.directory) as tail:
            wanted = output.read_bytes().count(b"\n") + dice.randrange(1, 500)
            wait_until(lambda: output.read_bytes().count(b"\n") >= wanted or records[begin + 499] in tail.lines(),
                       "some of it is read")
        keep_whole_lines(output)
    with Reader(output, "tail", "-f", "--records", "--cursor", "killed", "--spool", daemon.spool.directory) as tail:
        wait_until(lambda: records[-1] in tail.lines(), "the rest is read")
    seen = set()
    following = 0
    for line in output.read_bytes().split(b"\n")[:-1]:
        number = int(re.match(rb'{"n":(\d+),', line)[1])
        assert number <= following, f"{number} came, {following} was skipped"
        following = max(following, number + 1)
        seen.add(line)
    assert seen == set(records)


def keep_whole_lines(output):
    data = output.read_bytes()
    output.write_bytes(data[:data.rfind(b"\n") + 1])


def test_what_a_closed_pipe_did_not_take_is_not_counted(start):
    daemon = start()
    records = numbered(0, 5000, pad=200)
    send_records(daemon, records)
    pipe = subprocess.Popen([CRAWLSPOOL, "cat", "--records", "--cursor", "reader", "--spool",
                             str(daemon.spool.directory)], stdout=subprocess.PIPE, env=clean_environment())
    assert pipe.stdout.readline() == records[0] + b"\n"
    pipe.stdout.close()
    pipe.wait(20)
    assert records_of(cat(daemon)) == records


def test_a_stopped_reader_goes_on_with_the_next(start, tmp_path):
    daemon = start()
    send_records(daemon, numbered(0, 100))
    with Reader(tmp_path / "out", "tail", "-f", "--records", "--cursor", "reader", "--spool",
                daemon.spool.directory) as tail:
        wait_until(lambda: len(tail.lines()) == 100, "all is read")
        assert tail.terminate() == 0
    send_records(daemon, numbered(100, 200))
    assert records_of(cat(daemon)) == numbered(100, 200)


def test_a_second_reader_of_a_cursor_is_refused_by_name(start, tmp_path):
    daemon = start()
    send_records(daemon, numbered(0, 100))
    with Reader(tmp_path / "out", "tail", "-f", "--records", "--cursor", "reader", "--spool",
                daemon.spool.directory) as tail:
        wait_until(lambda: len(tail.lines()) == 100, "all is read")
        for command in ("cat", "tail"):
            second = run(command, "--cursor", "reader", "--spool", daemon.spool.directory)
            assert (second.returncode, second.stdout) == (1, b"")
            assert b"cursor reader is in use by crawlspool, pid %d" % tail.process.pid in second.stderr, second.stderr
        assert run("cat", "--cursor", "another", "--spool", daemon.spool.directory).returncode == 0
        listed = run("cursors", "--spool", daemon.spool.directory)
        assert [line.split()[0] for line in listed.stdout.splitlines()] == [b"another", b"reader"]
        assert run("verify", "--spool", daemon.spool.directory).returncode == 0
    assert records_of(cat(daemon)) == []
    assert run("cursors", "--remove", "reader", "--spool", daemon.spool.directory).returncode == 0
    assert not list((daemon.spool.directory / "cursors").glob("reader.*"))


def test_retention_waits_for_a_reader_until_it_is_given_up(start):
    daemon = start(ROTATING)
    assert records_of(cat(daemon)) == []
    send_records(daemon, numbered(0, 6000))
    restart(daemon)
    restart(daemon)
    daemon.wait_event("retention_held")
    assert daemon.spool.segments()[0][0] == 0
    listed = run("cursors", "--spool", daemon.spool.directory)
    assert re.match(rb"reader +0 +\d", listed.stdout), listed.stdout
    assert run("cursors", "--remove", "reader", "--spool", daemon.spool.directory).returncode == 0
    wait_until(lambda: daemon.spool.segments()[0][0] > 0, "retention goes on")


def test_a_reader_that_lost_its_place_is_told_how_much_and_skips_if_asked(start):
    daemon = start({**ROTATING, "spool.retention_ignores_cursors": "true"})
    send_records(daemon, numbered(0, 10))
    assert records_of(cat(daemon)) == numbered(0, 10)
    place = daemon.spool.position()
    records = numbered(10, 6000)
    send_records(daemon, records)
    restart(daemon)
    restart(daemon)
    wait_until(lambda: daemon.spool.segments()[0][0] > place, "its place is removed")
    daemon.terminate()
    begin = daemon.spool.segments()[0][0]
    lost = cat(daemon)
    assert (lost.returncode, lost.stdout) == (2, b"")
    assert b"%d bytes" % (begin - place) in lost.stderr and str(begin).encode() in lost.stderr, lost.stderr
    rest = records_of(cat(daemon, "--skip"))
    assert rest and rest == records[-len(rest):]
    assert records_of(cat(daemon)) == []


def test_a_reader_never_sees_what_a_start_takes_back(start):
    daemon = start()
    send_records(daemon, numbered(0, 10))
    daemon.kill()
    durable = daemon.spool.durable()
    lines = daemon.spool.lines()
    (daemon.spool.directory / "durable").write_bytes(b"%020d" % lines[6].position)
    assert records_of(cat(daemon)) == numbered(0, 6)
    daemon.start()
    assert daemon.spool.durable() == durable
    assert records_of(cat(daemon)) == numbered(6, 10)
