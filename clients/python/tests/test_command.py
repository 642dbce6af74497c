"""python -m crawlspool as a person types it."""

import subprocess
import sys

from conftest import CLIENT
from records import dead_address
from tls_end import TlsEnd
from unix_server import UnixServer, stores_one
from waiting import seconds


def run(url, records, *more):
    return subprocess.run([sys.executable, "-m", "crawlspool", "--server", url, *more], input=records, check=False,
                          capture_output=True, cwd=CLIENT, timeout=seconds(60))


def test_it_sends_lines_and_shows_acks(start):
    server = start()
    done = run(server.url, b'{"a":1}\n\n{"b":2}\r\n3', "--client", "me", "--stream", "try")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split(b"\n")[-2] == b"ack 3"
    assert server.records() == [b'{"a":1}', b'{"b":2}', b"3"]


def test_a_unix_socket_is_a_server_too(tmp_path_factory):
    with UnixServer(tmp_path_factory.mktemp("s") / "stream.sock", stores_one) as server:
        done = run(server.url, b"1\n")
    assert (done.returncode, done.stdout) == (0, b"ack 1\n"), done.stderr


def test_a_server_is_reached_by_tls(start, certificate):
    server = start()
    end = TlsEnd(server.address(), certificate)
    with end.listener:
        done = run(f"tls://{end.address}", b"1\n", "--tls-ca", certificate[1])
    assert (done.returncode, done.stdout) == (0, b"ack 1\n"), done.stderr
    assert server.records() == [b"1"]


def test_a_bad_line_is_shown_and_told_by_the_exit_code(start):
    server = start()
    done = run(server.url, b"1\n{\n")
    assert done.returncode == 1
    assert b"reject 2 invalid_json: not valid JSON at byte 1" in done.stdout


def test_a_server_that_is_away_is_told():
    sock, url = dead_address()
    with sock:
        done = run(url, b"1\n", "--timeout", "0.2")
    assert done.returncode == 2
    assert b"1 records are not settled" in done.stderr and url.encode() in done.stderr
