"""`crawlspool send` and a running daemon: sessions, batches, and what it does while the daemon dies or stops."""

import gzip
import subprocess

import pytest

from command import numbered, run, send
from sending import finish, lasting, lines, ndjson, start_send
from waiting import wait_until


@pytest.fixture
def daemon(start):
    return start()


@pytest.fixture
def comes_back(start):
    return lasting(start())


def test_records_carry_who_sent_them(daemon):
    assert send(daemon, "--client", "w7", "--stream", "quotes/eu", "-", stdin=b"1\n2\n\n3\n").returncode == 0
    stored = lines(daemon)
    assert [(line["client"], line["stream"], line["seq"]) for line in stored] == [("w7", "quotes/eu", n)
                                                                                 for n in (1, 2, 3)]
    assert len({line["session"] for line in stored}) == 1


@pytest.mark.parametrize("zstd", [[], ["--zstd"]])
def test_batches_hold_what_plain_frames_would(daemon, tmp_path, zstd):
    records = numbered(0, 20_000, pad=100) + [b'{"odd": "\\u2028 \xe2\x80\xa8"} ', b'"%s"' % (b"x" * 3_000_000), b" 7"]
    result = send(daemon, *zstd, ndjson(tmp_path / "items", records))
    assert result.returncode == 0, result.stderr
    assert daemon.spool.records() == records


def test_records_of_a_slow_pipe_go_out_at_once(daemon):
    process = start_send(daemon, "-", stdin=subprocess.PIPE)
    for count in (1, 2, 3):
        process.stdin.write(b"%d\n" % count)
        process.stdin.flush()
        wait_until(lambda: len(daemon.spool.records(live=True)) == count, "the record is stored")
    assert finish(process)[0] == 0


def test_too_large_records_are_named_and_the_rest_is_sent(start, tmp_path):
    daemon = start({"limits.record_bytes_max": "1KiB"})
    large = b'"%s"' % (b"x" * 2000)
    path = ndjson(tmp_path / "items", [b"1", large, b"3", large, large, b"6", large])
    result = send(daemon, path)
    assert result.returncode == 1
    for line in (2, 4, 5, 7):
        assert f"{path}:{line}: record_too_large".encode() in result.stderr
    assert b"7 records sent, 3 acked, 4 rejected" in result.stderr
    assert [(line["seq"], line["record"]) for line in lines(daemon)] == [(1, 1), (3, 3), (6, 6)]
    assert daemon.spool.rejected() == []


def test_a_reject_says_what_was_expected_and_what_is_there(daemon, tmp_path):
    path = ndjson(tmp_path / "items", [b"{}", b"hello", b'{"a":1,}', b'"caf\xe9"'])
    result = send(daemon, path)
    assert result.returncode == 1
    said = result.stderr.decode().splitlines()
    assert said[0] == (f"{path}:2: invalid_json: not valid JSON at byte 0: a record begins with {{, [, a string, a number, "
                       "true, false or null; found 'hello'")
    assert said[1] == f"{path}:3: invalid_json: not valid JSON at byte 7: a name in double quotes is expected; found '}}'"
    assert said[2] == f"{path}:4: invalid_utf8: not valid UTF-8 at byte 4: found byte 0xe9"


@pytest.mark.parametrize("options", [[], ["--zstd"]])
def test_what_is_no_records_is_refused_before_anything_is_sent(daemon, tmp_path, options):
    good = ndjson(tmp_path / "good", [b"1"])
    for content, remedy in ((gzip.compress(b"1\n2\n"), b"zcat "),
                            (b"url,title\nhttps://a,A\n1,2\n", b"csv.DictReader"),
                            (b'[\n{"a":1},\n{"a":2}\n]\n', b"jq -c '.[]' "), (b'{\n"a":\n1\n}\n', b"jq -c . ")):
        path = tmp_path / "items"
        path.write_bytes(content)
        for files, stdin in (([good, path], b""), (["-"], content)):
            result = send(daemon, *options, *files, stdin=stdin)
            assert result.returncode == 1 and remedy in result.stderr, result.stderr
    assert daemon.spool.records() == []
    assert send(daemon, "--as-is", path).returncode == 1  # {, "a": and }
    assert daemon.spool.records() == [b"1"]


def test_a_byte_order_mark_is_left_out(daemon):
    assert send(daemon, "-", stdin=b'\xef\xbb\xbf{"a":1}\n2\n').returncode == 0
    assert daemon.spool.records() == [b'{"a":1}', b"2"]


def test_a_dry_run_says_what_would_be_refused_and_sends_nothing(start, tmp_path):
    daemon = start({"limits.record_bytes_max": "1KiB", "limits.record_depth_max": "2"})
    config = tmp_path / "crawlspoold.yaml"
    config.write_text("limits:\n  record_bytes_max: 1KiB\n  record_depth_max: 2\n", encoding="utf-8")
    large = b'"%s"' % (b"x" * 2000)
    path = ndjson(tmp_path / "items", [b"1", b"", large, b"[[[1]]]", b"bad", b'"\xff"', b"[[2]]"])
    dry = run("send", "--dry-run", "-c", config, path)
    assert dry.returncode == 1
    *refused, summary = dry.stderr.decode().splitlines()
    assert summary == "6 records checked, 4 would be refused; nothing was sent"
    assert daemon.status()["records"] == 0
    sent = send(daemon, path)
    lines_told = [line.split(": ")[:2] for line in sent.stderr.decode().splitlines()[:-1]]
    assert sorted(lines_told) == sorted(line.split(": ")[:2] for line in refused)
    assert run("send", "--dry-run", ndjson(tmp_path / "good", [b"1", b"{}"])).returncode == 0
    assert run("send", "--dry-run", "--server", "tcp://127.0.0.1:1", "-", stdin=b"1\n").returncode == 0


def test_a_server_that_was_never_reached_was_sent_nothing(tmp_path):
    path = ndjson(tmp_path / "items", [b"1", b"2"])
    result = run("send", "--server", "tcp://127.0.0.1:1", path)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == b"nothing was sent: 127.0.0.1:1 was never reached"


def test_a_daemon_that_dies_and_comes_back_gets_each_record_once(comes_back, tmp_path):
    records = numbered(0, 200_000)
    process = start_send(comes_back, ndjson(tmp_path / "items", records))
    wait_until(lambda: comes_back.status()["records"] > 0, "the first records are taken in")
    comes_back.kill()
    comes_back.start()
    code, stderr = finish(process)
    assert code == 0, stderr
    assert comes_back.spool.records() == records


def test_a_stop_of_the_daemon_is_waited_out(comes_back):
    process = start_send(comes_back, "-", stdin=subprocess.PIPE)
    process.stdin.write(b"1\n")
    process.stdin.flush()
    wait_until(lambda: comes_back.spool.records(live=True) == [b"1"], "the record is stored")
    assert comes_back.terminate() == 0
    process.stdin.write(b"2\n")
    process.stdin.flush()
    comes_back.start()
    code, stderr = finish(process)
    assert code == 0, stderr
    assert [line["seq"] for line in lines(comes_back)] == [1, 2]


def test_heartbeats_keep_an_idle_connection(start):
    daemon = start({"timeouts.idle": "1s"})
    process = start_send(daemon, "-", stdin=subprocess.PIPE)
    process.stdin.write(b"1\n")
    process.stdin.flush()
    wait_until(lambda: daemon.status()["uptime_s"] >= 3, "more than one idle time has passed")
    assert finish(process)[0] == 0
    assert daemon.events("conn_close", reason="idle_timeout") == []
    assert len(daemon.events("hello")) == 1
