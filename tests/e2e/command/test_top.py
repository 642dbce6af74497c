"""`crawlspool top` beside a daemon that works: lines for a pipe, JSON, and a screen in a terminal, which is given back."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios

from command import numbered, run, send_records
from daemon import CRAWLSPOOL, clean_environment
from waiting import seconds, wait_until


def admin(daemon):
    return "http://%s:%d" % daemon.address("admin")


def top(daemon, *arguments):
    return run("top", "--admin", admin(daemon), *arguments)


def watch(daemon, *arguments, **more):
    return subprocess.Popen([CRAWLSPOOL, "top", "--admin", admin(daemon), *arguments], env=clean_environment(), **more)


def test_lines_have_a_heading_and_end_after_the_count(start):
    result = top(start(), "--interval", "100ms", "--count", "3")
    assert result.returncode == 0 and not result.stderr
    heading, *lines = result.stdout.decode().splitlines()
    assert heading.split()[:4] == ["TIME", "STATE", "RECORDS/S", "MB/S"] and len(lines) == 3
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line.split()[0]) for line in lines)
    assert {line.split()[1] for line in lines} == {"ok"}


def test_rates_add_up_to_what_came(start):
    daemon = start()
    process = watch(daemon, "--interval", "100ms", "--json", stdout=subprocess.PIPE)
    first = json.loads(process.stdout.readline())
    send_records(daemon, numbered(1, 2001))
    looks = [first]
    while looks[-1]["records"] < 2000:
        looks.append(json.loads(process.stdout.readline()))
    process.send_signal(signal.SIGTERM)
    assert process.wait(seconds(10)) == 0
    process.stdout.close()
    assert sum(look["records_per_s"] > 0 for look in looks) >= 1
    assert all(look["records_per_s"] == 0 for look, before in zip(looks[1:], looks)
               if look["records"] == before["records"])
    assert looks[-1]["bytes"] == daemon.status()["bytes"] and looks[-1]["state"] == "ok"


def test_without_a_daemon_it_fails_at_once(start):
    daemon = start()
    address = admin(daemon)
    daemon.terminate()
    result = run("top", "--admin", address)
    assert result.returncode == 1 and b"refused" in result.stderr


def test_a_daemon_that_restarts_is_waited_for(start):
    daemon = start()
    daemon.settings["listen.admin"] = '["tcp://%s:%d"]' % daemon.address("admin")
    process = watch(daemon, "--interval", "100ms", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    before = json.loads(process.stdout.readline())
    daemon.terminate()
    assert b"cannot connect" in process.stderr.readline()
    daemon.start()
    assert json.loads(process.stdout.readline())["ts"] > before["ts"]
    process.terminate()
    assert process.wait(seconds(10)) == 0
    assert process.stderr.read().count(b"cannot connect") == 0
    process.stdout.close()
    process.stderr.close()


class Screen:
    """A terminal of so many rows and columns with `top` in it."""

    def __init__(self, daemon, rows, columns):
        self.outer, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(inner)
        self.inner = inner
        environment = {**clean_environment(), "TERM": "xterm"}
        self.process = subprocess.Popen([CRAWLSPOOL, "top", "--admin", admin(daemon), "--interval", "100ms"],
                                        stdin=inner, stdout=inner, stderr=inner, env=environment)
        os.set_blocking(self.outer, False)
        self.text = ""

    def read(self):
        try:
            self.text += os.read(self.outer, 1 << 16).decode()
        except (BlockingIOError, OSError):
            pass
        return self.text

    def frames(self):
        """What is drawn at a time, without what positions and erases."""
        return [re.sub(r"\x1b\[[?0-9]*[a-zA-Z]", "", frame) for frame in self.read().split("\x1b[H")[1:]]

    def press(self, key):
        os.write(self.outer, key)

    def close(self):
        os.close(self.inner)
        os.close(self.outer)


def test_a_terminal_gets_a_screen_that_q_ends(start):
    daemon = start()
    send_records(daemon, numbered(1, 100))
    screen = Screen(daemon, 10, 50)
    wait_until(lambda: len(screen.frames()) > 3, "some looks")
    frame = screen.frames()[1]
    assert "state ok" in frame and re.search(r"records +99\b", frame) and "ack p99" in frame
    lines = frame.replace("\r", "").split("\n")
    assert len(lines) <= 10 and all(len(line) <= 50 for line in lines)
    assert termios.tcgetattr(screen.inner) != screen.before
    screen.press(b"xq")
    assert screen.process.wait(seconds(10)) == 0
    wait_until(lambda: screen.read().endswith("\x1b[?25h\x1b[?1049l"), "the terminal's own page is back")
    assert termios.tcgetattr(screen.inner) == screen.before
    screen.close()


def test_the_screen_has_a_row_for_each_client(start):
    daemon = start()
    client = daemon.connect()
    client.hello(client="worker-7")
    client.send_records([b"1"] * 25)
    client.wait_ack()
    screen = Screen(daemon, 24, 120)
    row = wait_until(lambda: re.search(r"worker-7 127\.0\.0\.1 .*", "".join(screen.frames())), "the client's row")
    assert row[0].split()[3:5] == ["25", "0"]
    screen.press(b"q")
    assert screen.process.wait(seconds(10)) == 0
    screen.close()


def test_a_signal_gives_the_terminal_back_too(start):
    screen = Screen(start(), 24, 80)
    wait_until(screen.frames, "a look")
    screen.process.terminate()
    assert screen.process.wait(seconds(10)) == 0
    wait_until(lambda: screen.read().endswith("\x1b[?1049l"), "the terminal's own page is back")
    assert termios.tcgetattr(screen.inner) == screen.before
    screen.close()


def test_it_ends_with_its_terminal(start):
    screen = Screen(start(), 24, 80)
    wait_until(screen.frames, "a look")
    screen.close()
    screen.process.wait(seconds(10))


def test_a_wrong_interval_is_a_usage_error(start):
    for words in (["--interval", "1"], ["--interval", "1ms"], ["--count", "x"]):
        assert run("top", *words).returncode == 64
