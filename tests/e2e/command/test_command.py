"""The crawlspool command next to a running daemon and on a spool."""

import grp
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from command import run, send
from daemon import CRAWLSPOOL, clean_environment
from waiting import seconds, wait_until


@pytest.fixture
def daemon(start):
    return start()


def ndjson(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text)
    return path


# send

def test_send_stores_files_in_order(daemon, tmp_path):
    one = ndjson(tmp_path, "one.ndjson", b'{"a":1}\n{"a":2}\n')
    two = ndjson(tmp_path, "two.ndjson", b'{"b":1}\r\n\n{"b":2}')
    result = send(daemon, one, two)
    assert result.returncode == 0, result.stderr
    assert daemon.spool.records() == [b'{"a":1}', b'{"a":2}', b'{"b":1}', b'{"b":2}']


def test_send_reads_stdin(daemon):
    result = send(daemon, "-", stdin=b"1\n2\n3\n")
    assert result.returncode == 0, result.stderr
    assert daemon.spool.records() == [b"1", b"2", b"3"]


def test_send_sums_up(daemon):
    result = send(daemon, "-", stdin=b"".join(b"%d\n" % n for n in range(1000)))
    summary = (result.stdout + result.stderr).decode()
    assert "records/s" in summary and re.search(r"\b1,?000\b", summary), summary


def test_send_pipelines_many_records(daemon, tmp_path):
    records = [b'{"n":%d,"pad":"%s"}' % (n, b"x" * (n % 500)) for n in range(50_000)]
    result = send(daemon, ndjson(tmp_path, "many.ndjson", b"\n".join(records) + b"\n"))
    assert result.returncode == 0, result.stderr
    lines = daemon.spool.lines()
    assert [line.record for line in lines] == records
    assert len({line.peer for line in lines}) == 1


def test_send_names_a_bad_line_and_goes_on(daemon, tmp_path):
    path = ndjson(tmp_path, "items.ndjson", b'1\n\n{"a":}\n3\n"\xff"\n4\n')
    result = send(daemon, path)
    assert result.returncode == 1
    stderr = result.stderr.decode()
    assert f"{path}:3" in stderr and f"{path}:5" in stderr
    assert "invalid_json" in stderr and "invalid_utf8" in stderr
    assert daemon.spool.records() == [b"1", b"3", b"4"]


def test_send_names_a_bad_line_of_stdin(daemon):
    result = send(daemon, "-", stdin=b"1\n?\n")
    assert result.returncode == 1
    assert re.search(r":2\b", result.stderr.decode())


def test_send_of_a_line_over_the_limit_names_it_and_goes_on(start, tmp_path):
    daemon = start({"limits.record_bytes_max": "1KiB"})
    path = ndjson(tmp_path, "big.ndjson", b'1\n"%s"\n3\n' % (b"x" * 5000))
    result = send(daemon, path)
    assert result.returncode == 1
    assert f"{path}:2" in result.stderr.decode()
    assert daemon.spool.records()[:1] == [b"1"]


def test_send_of_a_missing_file_is_named(daemon, tmp_path):
    result = send(daemon, tmp_path / "none.ndjson")
    assert result.returncode == 1
    assert b"none.ndjson" in result.stderr


def test_send_of_nothing_is_fine(daemon):
    assert send(daemon, "-").returncode == 0
    assert daemon.spool.records() == []


def test_send_to_nobody_is_a_clear_error(daemon):
    host, port = daemon.address()
    assert daemon.terminate() == 0
    result = run("send", "--server", f"tcp://{host}:{port}", "-", stdin=b"1\n")
    assert result.returncode == 1
    assert str(port).encode() in result.stderr


def test_send_to_another_protocol_is_a_clear_error(daemon):
    result = run("send", "--server", "tcp://%s:%d" % daemon.address("http"), "-", stdin=b"1\n")
    assert result.returncode == 1
    assert result.stderr


def test_send_draws_no_progress_bar_into_a_file(daemon):
    result = send(daemon, "-", stdin=b"1\n" * 1000)
    assert b"\r" not in result.stdout + result.stderr and b"\x1b" not in result.stdout + result.stderr


# cat and tail

def test_cat_gives_the_lines_of_the_spool(daemon):
    send(daemon, "-", stdin=b"1\n2\n")
    result = run("cat", "--spool", daemon.spool.directory)
    assert result.returncode == 0, result.stderr
    assert result.stdout == daemon.spool.open_segment().read_bytes()


def test_cat_records_gives_what_was_sent(daemon, tmp_path):
    text = b'{"b":1.0e5,"a":"\\u00e9\xe2\x80\xa8"}\n[1e400, 2]\n"crc32\\":"\n'
    send(daemon, ndjson(tmp_path, "odd.ndjson", text))
    result = run("cat", "--records", "--spool", daemon.spool.directory)
    assert (result.returncode, result.stdout) == (0, text)


def test_cat_works_on_a_stopped_daemons_spool(daemon):
    send(daemon, "-", stdin=b"1\n")
    daemon.terminate()
    assert run("cat", "--records", "--spool", daemon.spool.directory).stdout == b"1\n"


def test_cat_of_no_spool_is_a_clear_error(tmp_path):
    result = run("cat", "--spool", tmp_path / "none")
    assert result.returncode == 1
    assert b"none" in result.stderr


def test_cat_into_a_closed_pipe_is_quiet(daemon):
    send(daemon, "-", stdin=b'"%s"\n' % (b"x" * 1000) * 5000)
    pipe = subprocess.Popen([CRAWLSPOOL, "cat", "--spool", str(daemon.spool.directory)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=clean_environment())
    pipe.stdout.readline()
    pipe.stdout.close()
    assert b"anitizer" not in pipe.stderr.read()
    pipe.wait(seconds(20))


@pytest.mark.parametrize("options", [[], ["--records"]])
def test_tail_follows_a_growing_spool(daemon, tmp_path, options):
    client = daemon.connect()
    client.send_record(b'"before"')
    client.wait_ack()
    output = tmp_path / "tail.out"
    with open(output, "wb") as file:
        tail = subprocess.Popen([CRAWLSPOOL, "tail", "-f", *options, "--spool", str(daemon.spool.directory)],
                                stdout=file,
                                env=clean_environment())
    try:
        wait_until(lambda: b"before" in output.read_bytes(), "tail shows what is there")
        client.send_record(b'"new"')
        client.wait_ack()
        wait_until(lambda: b"new" in output.read_bytes(), "tail shows a new record")
        expected = b'"before"\n"new"\n' if options else daemon.spool.open_segment().read_bytes()
        assert output.read_bytes() == expected
    finally:
        tail.terminate()
        tail.wait(seconds(20))


def test_tail_without_follow_shows_the_last_lines_and_ends(daemon):
    send(daemon, "-", stdin=b"".join(b"%d\n" % n for n in range(100)))
    result = run("tail", "--records", "--spool", daemon.spool.directory)
    assert result.returncode == 0
    assert result.stdout == b"".join(b"%d\n" % n for n in range(90, 100))


# verify

def test_verify_of_a_sound_spool_is_0(daemon):
    send(daemon, "-", stdin=b"1\n2\n3\n")
    assert run("verify", "--spool", daemon.spool.directory).returncode == 0
    daemon.terminate()
    assert run("verify", "--spool", daemon.spool.directory).returncode == 0


def test_verify_names_each_damaged_position_and_is_2(daemon):
    send(daemon, "-", stdin=b"".join(b'{"n":%d}\n' % n for n in range(9)))
    daemon.terminate()
    lines = daemon.spool.lines()
    segment = daemon.spool.open_segment()
    data = bytearray(segment.read_bytes())
    for damaged in (lines[2], lines[5]):
        data[damaged.position + 60] ^= 1
    segment.write_bytes(data)
    result = run("verify", "--spool", daemon.spool.directory)
    assert result.returncode == 2
    for damaged in (lines[2], lines[5]):
        assert str(damaged.position).encode() in result.stdout + result.stderr


def test_verify_takes_an_unfinished_tail_as_a_note(daemon):
    send(daemon, "-", stdin=b"1\n")
    daemon.kill()
    with open(daemon.spool.open_segment(), "ab") as file:
        file.write(b'{"ts":"2026')
    assert run("verify", "--spool", daemon.spool.directory).returncode == 0


def test_verify_of_no_spool_is_1(tmp_path):
    result = run("verify", "--spool", tmp_path / "none")
    assert result.returncode == 1
    assert b"none" in result.stderr


# status and the command line

def test_status_tells_state_and_records(daemon):
    send(daemon, "-", stdin=b"1\n2\n")
    result = run("status", "--admin", "http://%s:%d" % daemon.address("admin"))
    assert result.returncode == 0, result.stderr
    assert b"ok" in result.stdout and b"records" in result.stdout


def test_status_of_nobody_is_a_clear_error(daemon):
    host, port = daemon.address("admin")
    daemon.terminate()
    result = run("status", "--admin", f"http://{host}:{port}")
    assert result.returncode == 1
    assert str(port).encode() in result.stderr


@pytest.mark.parametrize("arguments", [[], ["--no-such"], ["nonsense"], ["send", "--no-such"], ["cat", "--no-such"],
                                       ["verify", "--no-such"], ["status", "--no-such"], ["tail", "--no-such"],
                                       ["send", "--server", "nonsense", "-"]])
def test_a_wrong_command_line_is_64(arguments):
    result = run(*arguments)
    assert result.returncode == 64
    assert result.stderr


def test_version_and_help_are_told():
    version = run("--version")
    assert version.returncode == 0 and b"crawlspool " in version.stdout
    usage = run("--help")
    assert usage.returncode == 0
    for command in (b"send", b"cat", b"tail", b"verify", b"status"):
        assert command in usage.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes someone else")
def test_who_may_not_look_into_the_spool_is_told_the_group():
    group = grp.getgrnam("games")
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        spool = pathlib.Path(place, "spool")
        spool.mkdir(mode=0o750)
        os.chown(spool, 0, group.gr_gid)
        command = pathlib.Path(place, "crawlspool")
        shutil.copy(CRAWLSPOOL, command)
        for words in (["cat"], ["tail"], ["cursors"], ["verify"], ["rejected", "ls"], ["doctor"]):
            result = subprocess.run([command, *words, "--spool", spool], capture_output=True, check=False, user="nobody",
                                    group="nogroup", extra_groups=[], env=clean_environment(), cwd="/")
            assert result.returncode == 1
            said = (result.stdout + result.stderr).decode()
            assert "its group, games, may read it: as root, usermod -aG games nobody, and log in again" in said, said


def test_a_stream_client_is_told_that_it_speaks_to_another_listener(shared):
    for kind in ("http", "admin"):
        result = run("send", "--server", f"tcp://{shared.ready[kind][0]}", "-", stdin=b"1\n")
        assert result.returncode == 1
        assert b"speaks HTTP and is no stream listener" in result.stderr, result.stderr
