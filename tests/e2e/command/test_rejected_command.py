"""`crawlspool rejected`: what was refused is listed, shown byte for byte, corrected on the way, and sent again."""

import base64
import json
import subprocess

import pytest

from command import run, server
from daemon import CRAWLSPOOL, clean_environment
from deaf_proxy import DeafProxy
from waiting import seconds, wait_until

BAD = [b'{"a":\x00\xff}', b"", b'tr\r\nue "\x1b[31m"', b'"caf\xe9"', b"[[[1]]]"]
CODES = ["invalid_utf8", "empty_record", "invalid_json", "invalid_utf8", "too_deep"]


def rejected(daemon, *arguments, **more):
    return run("rejected", *arguments, "--spool", daemon.spool.directory, **more)


def replay(daemon, *arguments):
    return rejected(daemon, "replay", "--server", server(daemon), *arguments)


def ids(daemon, *arguments):
    result = rejected(daemon, "ls", "--json", *arguments)
    assert result.returncode == 0, result.stderr
    return [json.loads(line)["id"] for line in result.stdout.splitlines()]


@pytest.fixture
def daemon(start):
    one = start({"limits.record_depth_max": "2"})
    client = one.connect()
    client.hello(client="worker-7")
    client.send_records(BAD[:3])
    client.wait_ack()
    other = one.connect()
    other.send_records(BAD[3:])
    other.wait_ack()
    return one


def restarted(daemon, **settings):
    """Begins a new file with its first reject."""
    assert daemon.terminate() == 0
    daemon.settings.update(settings)
    return daemon.start()


def test_ls_tells_time_code_client_and_size(daemon):
    kept = daemon.spool.rejected()
    assert [line["code"] for line in kept] == CODES
    result = rejected(daemon, "ls")
    assert result.returncode == 0 and not result.stderr
    rows = [line.split(None, 5) for line in result.stdout.decode().splitlines()]
    assert [row[:5] for row in rows] == [
        [f"0.{n}", line["ts"], line["code"], line.get("client", line["peer"]), str(line["length"])]
        for n, line in enumerate(kept, 1)]
    assert [row[5] for row in rows] == [line["detail"] for line in kept]


def test_ls_takes_code_client_and_time(daemon):
    assert ids(daemon, "--code", "invalid_utf8") == ["0.1", "0.4"]
    assert ids(daemon, "--client", "worker-7", "--code", "invalid_utf8") == ["0.1"]
    assert ids(daemon, "--since", "1h") == ["0.1", "0.2", "0.3", "0.4", "0.5"]
    assert not ids(daemon, "--since", "2999-01-01")


def test_ids_go_on_in_the_next_starts_file(daemon):
    client = restarted(daemon).connect()
    client.send_records([b"?"])
    client.wait_ack()
    assert ids(daemon)[-2:] == ["0.5", "1.1"]


def test_json_has_the_kept_members_and_the_id(daemon):
    result = rejected(daemon, "show", "--json")
    shown = [json.loads(line) for line in result.stdout.splitlines()]
    for n, (one, kept) in enumerate(zip(shown, daemon.spool.rejected(), strict=True), 1):
        assert one.pop("id") == f"0.{n}"
        assert base64.b64decode(one.pop("raw")) == kept.pop("raw")
        kept.pop("crc32")
        assert one == kept
    assert "raw" not in json.loads(rejected(daemon, "ls", "--json").stdout.splitlines()[0])


def test_show_prints_nothing_that_steers_a_terminal(daemon):
    for command in (["ls"], ["show"]):
        text = rejected(daemon, *command).stdout.decode()
        assert all(line.isprintable() for line in text.split("\n"))
    assert "\\u001b[31m" in text and "worker-7, 127.0.0.1:" in text


def test_raw_bytes_are_those_that_came(daemon):
    assert rejected(daemon, "show", "--raw", "0.3", "0.1").stdout == BAD[0] + b"\n" + BAD[2] + b"\n"


def test_corrected_on_the_way_they_are_sent_like_others(daemon):
    raw = rejected(daemon, "show", "--raw", "0.4").stdout
    result = run("send", "--server", server(daemon), "-", stdin=raw.decode("latin1").encode())
    assert result.returncode == 0, result.stderr
    assert '"café"'.encode() in daemon.spool.records(live=True)


def test_an_id_that_is_not_there_is_an_error(daemon):
    for words in (["show", "0.6"], ["show", "7.1"], ["replay", "0.99"]):
        result = rejected(daemon, *words)
        assert result.returncode == 1 and words[1].encode() in result.stderr
    assert rejected(daemon, "show", "x").returncode == 64


def test_replay_stores_what_a_raised_limit_allows_and_tells_of_the_rest(daemon):
    restarted(daemon, **{"limits.record_depth_max": "10"})
    result = replay(daemon, "--all", "--stream", "again")
    assert result.returncode == 1
    text = result.stderr.decode()
    assert "1 record stored, 4 rejected again, 0 skipped, 0 not acknowledged" in text
    assert all(f"0.{n}: rejected again: {CODES[n - 1]}" in text for n in (1, 2, 3, 4)) and "0.5" not in text
    (line,) = daemon.spool.lines(live=True)
    assert (line.record, line.stream, line.client) == (b"[[[1]]]", "again", None)
    assert replay(daemon, "--code", "too_deep").returncode == 0


def test_replay_keeps_the_clients_names_and_order(start):
    daemon = start({"limits.record_depth_max": "1"})
    for name in ("b", "a"):
        client = daemon.connect()
        client.hello(client=name)
        client.send_records([b"[[%d]]" % n for n in range(500)])
        client.wait_ack()
    restarted(daemon, **{"limits.record_depth_max": "5"})
    result = replay(daemon, "--since", "1h")
    assert result.returncode == 0, result.stderr
    for name in ("a", "b"):
        assert [line.record for line in daemon.spool.lines(live=True) if line.client == name] == [
            b"[[%d]]" % n for n in range(500)]


def test_replay_without_a_choice_is_refused(daemon):
    result = replay(daemon)
    assert result.returncode == 64 and b"--all" in result.stderr


def test_what_was_not_kept_whole_is_skipped_by_a_replay(start):
    daemon = start()
    client = daemon.connect()
    client.send_records([b"?" * 70_000])
    client.wait_ack()
    result = replay(daemon, "--all")
    assert result.returncode == 1 and b"0.1: skipped" in result.stderr and b"70000 bytes" in result.stderr


def test_one_that_was_cut_for_its_senders_rate_is_shown_as_such_and_skipped_by_a_replay(start):
    daemon = start()
    client = daemon.connect()
    client.send_records([b"?" * 100] * 5000)
    client.wait_ack()
    last = ids(daemon)[-1]
    text = rejected(daemon, "show", last).stdout.decode()
    assert "100 bytes, of which only the first 64 are kept: its sender had too many refused" in text
    assert json.loads(rejected(daemon, "show", "--json", last).stdout)["cut"] == "rate"
    result = replay(daemon, last)
    assert result.returncode == 1
    assert f"{last}: skipped, as it is kept only in part: 100 bytes" in result.stderr.decode()


def test_replay_without_a_daemon_says_so(daemon):
    address = server(daemon)
    daemon.terminate()
    result = rejected(daemon, "replay", "--all", "--server", address)
    assert result.returncode == 1 and b"refused" in result.stderr and b"5 not acknowledged" in result.stderr


def test_a_daemon_that_stops_ends_the_replay_with_what_is_settled(start):
    daemon = start({"limits.record_depth_max": "1"})
    client = daemon.connect()
    client.send_records([b'[["%s"]]' % (b"x" * 50_000)] * 400)
    client.wait_ack()
    restarted(daemon, **{"limits.record_depth_max": "5"})
    process = subprocess.Popen([CRAWLSPOOL, "rejected", "replay", "--all", "--server", server(daemon), "--spool",
                                str(daemon.spool.directory)], stderr=subprocess.PIPE, env=clean_environment())
    wait_until(lambda: daemon.status()["records"] > 0 or process.poll() is not None, "some are stored")
    daemon.terminate()
    _, stderr = process.communicate(timeout=seconds(30))
    summary = stderr.decode().splitlines()[-1].replace("records", "record").split()
    stored, unsettled = int(summary[0]), int(summary[-3])
    assert stored + unsettled == 400 and process.returncode == (1 if unsettled else 0)
    assert stored <= len(daemon.spool.lines()) <= 400


def replay_cut_off_before_its_acks(daemon, count):
    """Runs a replay whose connection breaks when `count` records are acknowledged and it has read none of the acks.
    Returns its exit code and what it said."""
    acknowledged = lambda status: status["records"] + sum(status["rejects"].values())
    with DeafProxy(daemon.address()) as proxy:
        process = subprocess.Popen([CRAWLSPOOL, "rejected", "replay", "--all", "--server", proxy.url, "--spool",
                                    str(daemon.spool.directory)], stderr=subprocess.PIPE, env=clean_environment())
        wait_until(lambda: acknowledged(daemon.status()) == count or process.poll() is not None, "all are acked")
        proxy.cut()
        _, stderr = process.communicate(timeout=seconds(30))
    return process.returncode, stderr.decode()


def test_replay_cut_off_before_its_acks_stores_each_record_once(start):
    daemon = start({"limits.record_depth_max": "1"})
    records = [b"[[%d]]" % n for n in range(500)]
    client = daemon.connect()
    client.hello(client="worker-7")
    client.send_records(records)
    client.wait_ack()
    restarted(daemon, **{"limits.record_depth_max": "5"})
    returncode, text = replay_cut_off_before_its_acks(daemon, len(records))
    if "500 not acknowledged" in text:  # and so it is run again, as an operator would
        assert replay(daemon, "--all").returncode == 0
    assert daemon.spool.records(live=True) == records
    assert returncode == 0 and "500 records stored, 0 rejected again, 0 skipped, 0 not acknowledged" in text


def test_replay_counts_rejects_whose_verdicts_were_lost(daemon):
    restarted(daemon, **{"limits.record_depth_max": "10"})
    returncode, text = replay_cut_off_before_its_acks(daemon, 2)  # of the client without a name, which is the first
    assert returncode == 1 and "1 record stored, 4 rejected again, 0 skipped, 0 not acknowledged" in text
    assert daemon.spool.records(live=True) == [b"[[[1]]]"]


def test_damaged_lines_are_counted_and_skipped(daemon):
    daemon.terminate()
    (path,) = (daemon.spool.directory / "rejected").iterdir()
    path.write_bytes(path.read_bytes().replace(b"empty_record", b"empty_rekord") + b'{"torn')
    result = rejected(daemon, "ls")
    assert result.returncode == 2 and b"1 line in rejected/ damaged" in result.stderr
    assert [line.split()[0] for line in result.stdout.decode().splitlines()] == ["0.1", "0.3", "0.4", "0.5"]


def test_a_spool_without_rejects_has_none(start):
    daemon = start()
    result = rejected(daemon, "ls")
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
