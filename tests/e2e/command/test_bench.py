"""crawlspool bench, on a few records: what it measures is there, is stored, and leaves nothing behind."""

import html.parser
import json
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from browser import Browser
from command import run
from daemon import CRAWLSPOOL, clean_environment, is_alive
from fake_server import FakeServer
from waiting import seconds, wait_until

HTTP_MODES = ["http-close", "http-keep-alive", "http-ndjson"]
STREAM_MODES = ["one-at-a-time", "pipelined", "batches", "zstd-batches"]
MODES = HTTP_MODES + STREAM_MODES
LEVELS = ["synced", "written"]
ONCE = ["--time", "0"]
# The labels of the canvases that hold nothing.
BLANK_CANVASES = """
const isBlank = (canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.every((byte) => byte === 0);
};
return [...document.querySelectorAll("canvas")].filter(isBlank).map((canvas) => canvas.ariaLabel);
"""


def bench(*arguments, stdin=b"", timeout=60):
    return run("bench", *arguments, stdin=stdin, timeout=timeout)


def measured(*arguments, **options):
    """The JSON of a bench that must succeed."""
    result = bench("--json", *arguments, **options)
    assert result.returncode == 0, result.stderr
    assert result.stderr == b""
    return json.loads(result.stdout)


def rows_of(report):
    return {(row["mode"], row["ack"]): row for row in report["rows"]}


def refused(*arguments, **options):
    """The message of a bench that must fail."""
    result = bench(*arguments, **options)
    assert result.returncode == 1, result
    assert result.stdout == b""
    return result.stderr.decode()


def listeners(daemon):
    return ["--server", "tcp://%s:%d" % daemon.address("stream"), "--http", "http://%s:%d" % daemon.address("http")]


# By itself

def test_every_mode_is_measured_at_both_levels(tmp_path):
    report = measured("--records", 200, *ONCE, "--directory", tmp_path)
    rows = rows_of(report)
    assert list(rows) == [(mode, level) for level in LEVELS for mode in MODES]
    for row in rows.values():
        assert row["records"] == 200 and row["record_bytes"] == 200 * len('{"aaa": "bbb"}')
        assert row["seconds"] > 0 and row["records_per_s"] == pytest.approx(200 / row["seconds"])
        assert 0 < row["ack_p50_us"] <= row["ack_p99_us"] <= row["ack_p999_us"] <= row["ack_max_us"]
        assert row["ack_max_us"] <= row["seconds"] * 1e6 + 1
        assert row["server_cpu_us_per_record"] > 0
        assert row["rounds_records_per_s"] == [row["records_per_s"]]
        base = rows["http-close", row["ack"]]
        assert row["times_http"] == pytest.approx(row["records_per_s"] / base["records_per_s"])
    assert not list(tmp_path.iterdir())


def test_the_table_has_a_line_a_mode_and_level(tmp_path):
    result = bench("--records", 50, *ONCE, "--directory", tmp_path)
    assert result.returncode == 0 and result.stderr == b"", result.stderr
    text = result.stdout.decode()
    for title in ["HTTP, a connection a record", "HTTP, keep-alive", "HTTP, NDJSON bodies", "socket, one at a time",
                  "socket, pipelined", "socket, batches", "socket, zstd batches"]:
        assert len(re.findall(f"^{title}  ", text, re.MULTILINE)) == 2, text
    for level in LEVELS:
        assert f"\nacks mean {level} " in text
    block = text.split("\n\n")[1].split("\n")
    assert len({len(line) for line in block}) == 1, "not aligned:\n" + "\n".join(block)


class Page(html.parser.HTMLParser):
    """A page whose tags must close as they open."""

    VOID = {"meta"}

    def __init__(self, text):
        super().__init__()
        self.open = []
        self.rows = []  # that the script draws
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.rows += json.loads(dict(attrs).get("data-rows", "[]"))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_one_file_with_a_bar_and_a_curve_a_row(tmp_path):
    page = tmp_path / "bench.html"
    result = bench("--records", 20, *ONCE, "--directory", tmp_path, "--html", page)
    assert result.returncode == 0, result.stderr
    assert b"acks mean synced" in result.stdout
    rows = Page(page.read_text(encoding="utf-8")).rows
    assert [row["mode"] for row in rows] == 2 * MODES
    assert all(row["rate"] > 0 and len(row["curve"]) > 1 for row in rows)
    assert list(tmp_path.iterdir()) == [page]


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_drawn_without_anything_else(tmp_path, dark):
    page = tmp_path / "bench.html"
    result = bench("--records", 20, *ONCE, "--directory", tmp_path, "--html", page)
    assert result.returncode == 0, result.stderr
    with Browser(dark=dark) as browser:
        browser.driver.get(page.as_uri())
        shown = browser.run("return charts.map((chart) => chart.getDatasetMeta(0).data.length)")
        assert len(shown) == 4 and shown[0] == shown[2] == len(MODES)
        assert browser.run(BLANK_CANVASES) == []
        assert browser.requests() == [page.as_uri()]
        assert browser.complaints() == []


def test_a_page_that_cannot_be_written_is_named(tmp_path):
    result = bench("--records", 1, *ONCE, "--modes", "pipelined", "--ack", "written", "--directory", tmp_path,
                   "--html", tmp_path / "none" / "bench.html")
    assert result.returncode == 1
    assert b"/none/bench.html: No such file or directory" in result.stderr


def test_rounds_are_all_told_and_the_median_is_shown(tmp_path):
    report = measured("--records", 100, *ONCE, "--rounds", 3, "--modes", "http-keep-alive,pipelined", "--ack", "written",
                      "--directory", tmp_path)
    for row in report["rows"]:
        assert sorted(row["rounds_records_per_s"])[1] == row["records_per_s"]
        assert row["times_http"] is None


def test_it_goes_on_for_the_time_it_is_given(tmp_path):
    report = measured("--records", 1, "--time", "300ms", "--modes", "http-keep-alive,batches", "--directory", tmp_path)
    for row in report["rows"]:
        assert row["records"] > 1 and row["seconds"] > 0.25


def test_it_ends_after_the_time_it_may_take(tmp_path):
    report = measured("--records", 10**9, *ONCE, "--time-max", "200ms", "--modes", "one-at-a-time", "--directory",
                      tmp_path)
    for row in report["rows"]:
        assert 0 < row["records"] < 10**9
    assert len(report["notes"]) == 1 and "fewer records" in report["notes"][0]


# A daemon that runs

def test_a_daemon_that_runs_has_exactly_the_records_that_are_reported(start, tmp_path):
    daemon = start()
    items = tmp_path / "items.ndjson"
    items.write_bytes(b'{"n":1}\n\n{"n":22}\n{"n":333}\n')
    report = measured("--records", 30, *ONCE, *listeners(daemon), "--batch", 7, "--ack", "synced", items)
    rows = rows_of(report)
    assert list(rows) == [(mode, "synced") for mode in MODES]
    for (mode, _), row in rows.items():
        whole_batches = mode in ("http-ndjson", "batches", "zstd-batches")
        assert row["records"] == (35 if whole_batches else 30)
        assert row["server_cpu_us_per_record"] is None
    stored = daemon.spool.records()
    assert len(stored) == sum(row["records"] for row in rows.values())
    assert sum(map(len, stored)) == sum(row["record_bytes"] for row in rows.values())
    expected = [b'{"n":1}', b'{"n":22}', b'{"n":333}'] * 12
    at = 0
    for row in rows.values():
        assert stored[at:at + row["records"]] == expected[:row["records"]]
        at += row["records"]


def test_one_at_a_time_is_one_commit_a_record(start):
    daemon = start()
    for mode in ("http-close", "http-keep-alive", "one-at-a-time"):
        before = daemon.status()["commits"]
        measured("--records", 50, *ONCE, *listeners(daemon), "--ack", "synced", "--modes", mode)
        assert daemon.status()["commits"] - before >= 50, mode
    before = daemon.status()["commits"]
    measured("--records", 5000, *ONCE, *listeners(daemon), "--ack", "synced", "--modes", "pipelined")
    assert daemon.status()["commits"] - before < 2500


def test_several_connections_send_at_the_same_time(start):
    daemon = start()
    report = measured("--records", 4000, *ONCE, "--time-max", "1m", *listeners(daemon), "--ack", "synced", "--connections",
                      4, "--window", 10, "--modes", "http-close,pipelined,batches", "--batch", 10, timeout=120)
    assert [row["records"] for row in report["rows"]] == [4000] * 3
    lines = daemon.spool.lines()
    assert len(lines) == 12_000
    peers = {}
    for line in lines:
        peers.setdefault(line.via, set()).add(line.peer)
    assert len(peers["http"]) > 100 and len(peers["stream"]) == 8


def test_a_level_that_a_daemon_does_not_offer_is_not_measured(start):
    daemon = start()
    report = measured("--records", 20, *ONCE, *listeners(daemon), "--modes", "http-keep-alive,pipelined")
    rows = rows_of(report)
    assert rows["http-keep-alive", "written"]["not_measured"] == "its acks there mean synced"
    assert rows["pipelined", "written"]["records"] == 20
    assert len(report["notes"]) == 1

    unsynced = start({"spool.sync": "never"}, name="unsynced")
    rows = rows_of(measured("--records", 20, *ONCE, *listeners(unsynced), "--modes", "http-keep-alive,pipelined"))
    assert {key for key, row in rows.items() if "not_measured" in row} == {("http-keep-alive", "synced"),
                                                                          ("pipelined", "synced")}
    assert len(unsynced.spool.records()) == 40


def test_the_admin_listener_tells_whose_processor_time_it_is(start):
    daemon = start()
    report = measured("--records", 500, *ONCE, *listeners(daemon), "--modes", "one-at-a-time", "--admin",
                      "http://%s:%d" % daemon.address("admin"))
    before_and_after = daemon.cpu_seconds()
    for row in report["rows"]:
        assert 0 < row["server_cpu_us_per_record"] * row["records"] / 1e6 <= before_and_after + 0.02


# What goes wrong

def test_a_record_that_is_refused_ends_it(tmp_path):
    for mode, what in (("one-at-a-time", "socket, one at a time, synced: "), ("http-keep-alive", "answers 400"),
                       ("http-ndjson", "rejects a record"), ("zstd-batches", "rejects record 2")):
        message = refused(*ONCE, "--modes", mode, "--directory", tmp_path, "-", stdin=b'1\n{"a":}\n')
        assert what in message and "invalid_json" in message, message
    assert not list(tmp_path.iterdir())


def test_a_daemon_that_does_not_start_is_quoted(tmp_path):
    program = tmp_path / "crawlspoold"
    program.write_text("#!/bin/sh\necho the spool is on fire >&2\nexit 74\n", encoding="utf-8")
    program.chmod(0o755)
    message = refused(*ONCE, "--daemon", program, "--directory", tmp_path)
    assert f"{program} ended with 74: the spool is on fire" in message
    assert list(tmp_path.iterdir()) == [program]


def test_a_command_without_its_daemon_says_so(tmp_path):
    alone = tmp_path / "crawlspool"
    shutil.copy(CRAWLSPOOL, alone)
    result = subprocess.run([alone, "bench"], capture_output=True, check=False, timeout=seconds(30),
                            env=clean_environment())
    assert result.returncode == 1
    assert b"--daemon" in result.stderr and bytes(tmp_path / "crawlspoold") in result.stderr


def looked_at(peer):
    """The connection that only finds out whether somebody listens."""
    assert peer.frame() is None


def asked(peer):
    """The one that only asks what acks mean."""
    peer.welcome()
    peer.drain()


def test_a_server_that_acks_more_than_was_sent_is_not_believed():
    def liar(peer):
        peer.welcome()
        peer.frame()
        peer.say(ack=1000)
        peer.drain()

    with FakeServer(looked_at, asked, liar) as server:
        message = refused(*ONCE, "--server", server.url, "--modes", "one-at-a-time", "--ack", "synced")
    assert "acks more than was sent" in message


def test_a_server_that_goes_away_is_named():
    def gone(peer):
        peer.welcome()
        peer.frame()

    with FakeServer(looked_at, asked, gone) as server:
        message = refused(*ONCE, "--server", server.url, "--modes", "one-at-a-time", "--ack", "synced")
    assert server.url.removeprefix("tcp://") in message


def children_of(pid):
    try:
        return [int(child) for child in
                pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except FileNotFoundError:
        return []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_midway_it_leaves_nothing_behind(tmp_path, number):
    with subprocess.Popen([CRAWLSPOOL, "bench", "--time", "1m", "--time-max", "1m", "--directory", tmp_path],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment()) as process:
        daemon = wait_until(lambda: children_of(process.pid), "it starts a daemon", 20)[0]
        wait_until(lambda: list(tmp_path.glob("*/ready.json")), "the daemon is ready", 20)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=seconds(30))
    assert process.returncode == 1
    assert stdout == b"" and b"interrupted" in stderr, stderr
    assert not list(tmp_path.iterdir())
    assert not pathlib.Path(f"/proc/{daemon}").exists()


def test_killed_it_takes_the_daemon_along(tmp_path):
    with subprocess.Popen([CRAWLSPOOL, "bench", "--time", "1m", "--time-max", "1m", "--directory", tmp_path],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment()) as process:
        daemon = wait_until(lambda: children_of(process.pid), "it starts a daemon", 20)[0]
        wait_until(lambda: list(tmp_path.glob("*/ready.json")), "the daemon is ready", 20)
        process.kill()
        process.wait()
    wait_until(lambda: not pathlib.Path(f"/proc/{daemon}").exists() or not is_alive(daemon), "the daemon is gone", 20)


# Redis

@pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed")
def test_redis_is_measured_beside_it(tmp_path):
    report = measured("--records", 100, *ONCE, "--with", "redis", "--modes", "http-close", "--directory", tmp_path)
    assert report["redis"].startswith("redis-server ")
    rows = rows_of(report)
    assert list(rows) == [(mode, level) for level in LEVELS
                          for mode in ("http-close", "redis-one-at-a-time", "redis-pipelined")]
    for row in rows.values():
        assert row["records"] == 100 and row["times_http"] > 0 and row["server_cpu_us_per_record"] > 0
    assert not list(tmp_path.iterdir())


def test_a_redis_that_is_not_installed_is_not_found(tmp_path):
    result = subprocess.run([CRAWLSPOOL, "bench", "--with", "redis", "--directory", tmp_path], capture_output=True,
                            check=False, timeout=seconds(30), env=clean_environment({"PATH": str(tmp_path)}))
    assert result.returncode == 1
    assert b"redis-server is not installed" in result.stderr
    assert not list(tmp_path.iterdir())
