"""Unix sockets carry stream, http and admin: who connects, who may, and what becomes of the file."""

import grp
import json
import os
import signal
import stat
import subprocess

import pytest
from command import run
from daemon import Daemon
from frames import Client
from waiting import wait_until


def settings(directory, query=""):
    return {f"listen.{name}": json.dumps([f"unix://{directory}/{name}.sock{query}"]) for name in ("stream", "http", "admin")}


@pytest.fixture
def directory(tmp_path_factory):
    """A short path: a socket's has at most 107 bytes."""
    return tmp_path_factory.mktemp("s")


def connect(path):
    return Client(str(path))


def curl(path, url, *more):
    return subprocess.run(["curl", "-sS", "--unix-socket", str(path), url, *more], capture_output=True, text=True, timeout=30,
                          check=True).stdout


def test_each_input_speaks_over_a_unix_socket_and_the_peer_is_its_user(start, directory):
    daemon = start(settings(directory))
    assert daemon.ready["stream"] == [f"unix://{directory}/stream.sock"]
    client = connect(directory / "stream.sock")
    client.send_record(b'{"over":"stream"}')
    client.wait_ack(1)
    answer = curl(directory / "http.sock", "http://localhost/v1/records", "-H", "Content-Type: application/json", "-d",
                  '{"over":"http"}')
    assert json.loads(answer)["accepted"] == 1
    status = json.loads(curl(directory / "admin.sock", "http://localhost/status"))
    assert status["listen"]["http"] == [f"unix://{directory}/http.sock"]
    lines = daemon.spool.lines(live=True)
    assert [(json.loads(line.record)["over"], line.via) for line in lines] == [("stream", "stream"), ("http", "http")]
    assert {line.peer for line in lines} == {f"unix:uid={os.getuid()}"}
    opened = daemon.wait_event("conn_open", via="stream")
    assert opened["peer"] == f"unix:uid={os.getuid()}" and opened["pid"] == str(os.getpid())
    assert not daemon.events("public_bind")


def test_a_user_is_one_machine_for_the_limits(start, directory):
    start({**settings(directory), "limits.connections_per_ip_max": "2"})
    first, second = connect(directory / "stream.sock"), connect(directory / "stream.sock")
    for client in (first, second):
        client.send_record(b"1")
        client.wait_ack(1)
    connect(directory / "stream.sock").expect_error("too_many_connections")


def test_mode_and_group_say_who_may_connect(start, directory):
    group = grp.getgrgid(os.getgid()).gr_name
    start(settings(directory, f"?mode=0620&group={group}"))
    file = os.stat(directory / "stream.sock")
    assert (stat.S_IMODE(file.st_mode), file.st_gid) == (0o620, os.getgid())


def test_without_a_mode_others_may_not_connect(start, directory):
    start(settings(directory))
    assert stat.S_IMODE(os.stat(directory / "admin.sock").st_mode) == 0o660


def test_a_file_that_a_killed_daemon_has_left_is_replaced_and_a_clean_stop_leaves_none(start, directory):
    daemon = start(settings(directory))
    daemon.kill()
    assert (directory / "stream.sock").exists()
    daemon.start()
    client = connect(directory / "stream.sock")
    client.send_record(b"1")
    client.wait_ack(1)
    assert daemon.terminate() == 0
    assert list(directory.iterdir()) == []


def test_a_living_owner_keeps_its_socket_and_is_named(start, directory, tmp_path):
    first = start(settings(directory))
    second = Daemon(tmp_path / "second", settings(directory)).launch()
    assert second.wait_exit() == 74
    assert f"process {first.pid} of user {os.getuid()} listens there already" in second.log()
    connect(directory / "stream.sock").send_record(b"1")


def test_a_file_that_is_no_socket_is_left_alone(directory, tmp_path):
    (directory / "stream.sock").write_text("precious")
    daemon = Daemon(tmp_path / "home", settings(directory)).launch()
    assert daemon.wait_exit() == 74
    assert "a file that is no socket is there" in daemon.log()
    assert (directory / "stream.sock").read_text() == "precious"


@pytest.mark.parametrize("url, complaint", [
    ("unix://relative/path.sock", "needs an absolute path"),
    ("unix://@name", "has an abstract name"),
    ("unix:///" + "x" * 107, "at most 107 bytes"),
    ("unix:///tmp/s.sock?mod=0600", "did you mean mode?"),
    ("unix:///tmp/s.sock?mode=999", "must be a file's rights in octal"),
    ("tcp://127.0.0.1:0?mode=0600", "unknown setting 'mode'"),
    ("unix:///tmp/s.sock?group=no-such-group-here", "there is no group 'no-such-group-here'"),
])
def test_what_is_wrong_with_an_entry_is_said_before_anything_listens(url, complaint, tmp_path):
    daemon = Daemon(tmp_path, {"listen.stream": json.dumps([url])}).launch()
    assert daemon.wait_exit() == 78
    assert complaint in daemon.log()


def test_a_peer_that_ends_and_one_that_is_killed_lose_nothing(start, directory):
    daemon = start(settings(directory))
    client = connect(directory / "stream.sock")
    for number in range(100):
        client.send_record(b"%d" % number)
    client.half_close()
    wait_until(lambda: len(daemon.spool.lines(live=True)) == 100, "what was sent before the end is stored")
    daemon.signal(signal.SIGTERM)
    assert daemon.wait_exit() == 0


def test_the_command_finds_the_daemon_over_unix_sockets(start, directory, tmp_path):
    daemon = start(settings(directory))
    stream, admin = f"unix://{directory}/stream.sock", f"unix://{directory}/admin.sock"
    sent = run("send", "--server", stream, "-", stdin=b'{"a":1}\n{"a":2}\n')
    assert sent.returncode == 0, sent
    assert len(daemon.spool.lines(live=True)) == 2
    status = run("status", "--json", "--admin", admin)
    assert status.returncode == 0 and json.loads(status.stdout)["records"] == 2
    config = tmp_path / "crawlspoold.yaml"
    config.write_text(json.dumps({"listen": {name: [f"unix://{directory}/{name}.sock?mode=0660"] for name in ("stream", "http", "admin")},
                                  "spool": {"directory": str(daemon.spool.directory)}}))
    top = run("top", "--count", "1", "--json", "-c", str(config))
    assert top.returncode == 0 and json.loads(top.stdout)["state"] == "ok", top
    doctor = run("doctor", "-c", str(config))
    assert f"port unix://{directory}/stream.sock".encode() in doctor.stdout and b"closed" not in doctor.stdout, doctor.stdout


def test_the_command_says_which_socket_nobody_listens_on(tmp_path):
    result = run("status", "--admin", f"unix://{tmp_path}/none.sock")
    assert result.returncode != 0 and f"unix://{tmp_path}/none.sock" in result.stderr.decode()
