"""The daemon's command line and configuration: every mistake has a clear word and its exit code."""

import os
import signal
import socket

import pytest

from daemon import Daemon, run_daemon
from waiting import wait_until


def config_file(tmp_path, text):
    path = tmp_path / "crawlspoold.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version_is_told(option):
    result = run_daemon(option)
    assert result.returncode == 0
    assert result.stdout.startswith("crawlspoold ") and any(digit in result.stdout for digit in "0123456789")


def test_help_is_told():
    result = run_daemon("--help")
    assert result.returncode == 0
    for option in ("--check", "--print-config", "--set", "--ready-file", "--version"):
        assert option in result.stdout


@pytest.mark.parametrize("arguments", [["--no-such-flag"], ["stray"], ["--set"], ["-c"]])
def test_a_wrong_command_line_is_64(arguments):
    result = run_daemon(*arguments)
    assert result.returncode == 64
    assert result.stderr


def test_check_accepts_a_good_file(tmp_path):
    path = config_file(tmp_path, "limits:\n  connections_max: 5\ntimeouts:\n  idle: 90s\nspool:\n  compression: none\n")
    result = run_daemon("--check", "-c", str(path))
    assert result.returncode == 0, result.stderr


BAD_CONFIGS = {
    "unknown key": ("limits:\n  connections_mx: 5\n", 2, "connections_max"),
    "unknown section": ("\nlimit:\n  connections_max: 5\n", 2, "limits"),
    "unknown unit": ("timeouts:\n  idle: 5x\n", 2, "idle"),
    "bare number": ("timeouts:\n\n  idle: 5\n", 3, "idle"),
    "bare size": ("limits:\n  record_bytes_max: 1000\n", 2, "record_bytes_max"),
    "fraction": ("timeouts:\n  idle: 1.5s\n", 2, "idle"),
    "negative": ("timeouts:\n  idle: -5s\n", 2, "idle"),
    "key twice": ("limits:\n  connections_max: 5\n  connections_max: 6\n", 3, "connections_max"),
    "record over 2^28 - 1": ("limits:\n  batch_bytes_max: 512MiB\n  record_bytes_max: 256MiB\n", 3, "record_bytes_max"),
    "memory under two batches": ("limits:\n  batch_bytes_max: 32MiB\n  memory_bytes_max: 63MiB\n", 3,
                                 "memory_bytes_max"),
    "bad address": ("listen:\n  stream: [\"tcp://nowhere\"]\n", 2, "stream"),
    "not YAML": ("limits:\n  connections_max: [5\n", None, ""),
    "a list": ("- limits\n", 1, ""),
    "bad choice": ("log:\n  format: xml\n", 2, "format"),
}


@pytest.mark.parametrize("text, line, word", BAD_CONFIGS.values(), ids=BAD_CONFIGS.keys())
def test_a_bad_file_is_78_with_file_and_line(tmp_path, text, line, word):
    path = config_file(tmp_path, text)
    for arguments in (["--check"], []):
        result = run_daemon(*arguments, "-c", str(path))
        assert result.returncode == 78
        assert (f"{path}:{line}" if line else str(path)) in result.stderr
        assert word in result.stderr


def test_a_missing_file_is_named(tmp_path):
    result = run_daemon("--check", "-c", str(tmp_path / "none.yaml"))
    assert result.returncode == 78
    assert "none.yaml" in result.stderr


@pytest.mark.parametrize("setting", ["limits.connections_mx=5", "timeouts.idle=5", "limits=5", "nonsense", "=5",
                                     "limits.connections_max=[", "limits.connections_max=many"])
def test_a_bad_setting_is_refused_and_named(setting):
    result = run_daemon("--check", "--set", setting)
    assert result.returncode in (64, 78)
    assert setting.split("=")[0] in result.stderr


def test_the_nearest_key_is_suggested():
    result = run_daemon("--check", "--set", "timeouts.idel=5s")
    assert result.returncode == 78
    assert "timeouts.idle" in result.stderr or "idle" in result.stderr.replace("idel", "")


def test_the_printed_configuration_is_a_good_configuration(tmp_path):
    printed = run_daemon("--print-config", "--set", "timeouts.idle=17m", "--set", "limits.connections_max=123",
                         "--set", 'listen.stream=["tcp://127.0.0.1:0","tcp://[::1]:0"]', "--set",
                         "spool.compression=none")
    assert printed.returncode == 0, printed.stderr
    assert "17m" in printed.stdout and "123" in printed.stdout
    path = config_file(tmp_path, printed.stdout)
    again = run_daemon("--print-config", "-c", str(path))
    assert run_daemon("--check", "-c", str(path)).returncode == 0
    assert again.stdout == printed.stdout


def test_of_two_settings_for_one_key_the_last_wins(tmp_path):
    path = config_file(tmp_path, "limits:\n  connections_max: 5\nspool:\n  compression: none\n")
    result = run_daemon("--print-config", "-c", str(path), "--set", "limits.connections_max=6", "--set",
                        "limits.connections_max=7")
    assert "connections_max: 7" in result.stdout


def test_a_configuration_file_is_obeyed(start, tmp_path):
    path = config_file(tmp_path, "limits:\n  connections_max: 1\nspool:\n  compression: none\n")
    daemon = start(args=["-c", str(path)])
    daemon.connect().ping()
    assert daemon.connect().expect_error("too_many_connections")["max"] == 1


def test_a_port_in_use_is_74_and_named(tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        for kind in ("stream", "http", "admin"):
            daemon = Daemon(tmp_path / kind, {f"listen.{kind}": f'["tcp://127.0.0.1:{port}"]'}).launch()
            assert daemon.wait_exit() == 74
            assert str(port) in daemon.log()
            assert not daemon.ready_file.exists()


def test_the_ready_file_names_every_listener(start, ipv6):
    daemon = start(ipv6=True)
    assert daemon.ready.keys() >= {"pid", "stream", "http", "admin"}
    assert [len(daemon.ready[kind]) for kind in ("stream", "http", "admin")] == [2, 1, 1]
    assert daemon.ready["stream"][1].startswith("[::1]:")
    assert daemon.pid == daemon.process.pid
    assert not list(daemon.home.glob("ready.json?*")), "the file it was written to was not renamed"


def test_a_listener_may_be_left_out(start):
    daemon = start({"listen.http": "[]"})
    assert daemon.ready["http"] == []
    daemon.connect().ping()


def test_hup_reopens_the_log_file(start, tmp_path):
    log = tmp_path / "crawlspoold.log"
    daemon = start({"log.destination": str(log)})
    wait_until(lambda: log.exists() and b"event=" in log.read_bytes(), "the first lines")
    os.rename(log, tmp_path / "rotated.log")
    daemon.signal(signal.SIGHUP)
    wait_until(log.exists, "a new file after HUP")
    daemon.terminate()
    assert b"event=stopped" in log.read_bytes()
    assert b"event=stopped" not in (tmp_path / "rotated.log").read_bytes()


def test_status_and_version_agree(start):
    version = start().status()["version"]
    assert version in run_daemon("--version").stdout


@pytest.mark.parametrize("typed, meant", [("--chek", "--check"), ("--confg=x", "--config"), ("--print_config", "--print-config"),
                                          ("help", "--help"), ("version", "--version")])
def test_a_misspelt_option_is_answered_with_the_nearest(typed, meant):
    result = run_daemon(typed)
    assert result.returncode == 64
    assert f"Did you mean {meant}?" in result.stderr
