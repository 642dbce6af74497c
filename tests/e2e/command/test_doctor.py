"""`crawlspool doctor` beside real daemons: nothing to complain of where all is well, and each trouble found and told with
what to do."""

import json
import os

import pytest

from command import numbered, run, send_records
from waiting import wait_until

# These are the machine's, which the tests do not choose.
OF_THE_MACHINE = {"file system", "mount options", "somaxconn", "clock", "memory", "free space", "inodes"}


def config_of(daemon, tmp_path, **spool):
    """The configuration file that goes with a daemon of the tests. JSON is YAML."""
    listen = {kind: [f"tcp://{address}" for address in daemon.ready[kind]] for kind in ("stream", "http", "admin")}
    config = {"listen": listen, "limits": {"connections_max": 500},
              "spool": {"directory": str(daemon.spool.directory), "keep_free_bytes": "1B", **spool}}
    path = tmp_path / "crawlspoold.yaml"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def admin(daemon):
    return f"http://{daemon.ready['admin'][0]}"


def examine(*arguments):
    """Its troubles and notes by check, and all checks; the former without those of the machine itself."""
    result = run("doctor", "--json", *arguments)
    report = json.loads(result.stdout)
    assert result.returncode == (1 if report["troubles"] else 0) and not result.stderr
    findings = [one for one in report["findings"] if one["check"] not in OF_THE_MACHINE]
    for one in findings:
        assert ("remedy" in one) == (one["health"] != "ok"), one
    return ({one["check"]: one for one in findings if one["health"] == "trouble"},
            {one["check"]: one for one in findings if one["health"] == "note"},
            {one["check"] for one in report["findings"]})


def test_a_healthy_daemon_has_no_trouble(start, tmp_path):
    daemon = start()
    send_records(daemon, numbered(1, 100))
    troubles, notes, checks = examine("-c", config_of(daemon, tmp_path))
    assert not troubles and not notes
    assert checks >= {"configuration", "daemon", "settings", "readiness", "open files", "permissions", "lock", "control files",
                      "segments", *OF_THE_MACHINE}
    assert sum(check.startswith("port tcp://127.0.0.1:") for check in checks) == 2


def test_the_daemon_that_answers_is_judged_by_its_own_settings(start, tmp_path):
    """No configuration file names its spool, its limits or where it listens."""
    daemon = start({"limits.connections_max": "321"})
    send_records(daemon, numbered(1, 10))
    nothing = tmp_path / "empty.yaml"
    nothing.write_text("spool:\n  directory: /no/such/spool\n", encoding="utf-8")
    troubles, notes, checks = examine("-c", nothing, "--admin", admin(daemon))
    assert not troubles and not notes
    assert {f"port tcp://{address}" for address in daemon.ready["stream"] + daemon.ready["http"]} <= checks
    text = run("doctor", "-c", nothing, "--admin", admin(daemon)).stdout.decode()
    assert f"those of the daemon at {admin(daemon)}" in text
    assert str(daemon.spool.directory) in text and "385 are wanted" in text
    assert daemon.terminate() == 0
    gone = run("doctor", "-c", nothing, "--admin", admin(daemon)).stdout.decode()
    assert f"those of {nothing}, as no daemon answers" in gone and "/no/such/spool" in gone


def test_another_listener_than_the_admins_is_told(start, tmp_path):
    daemon = start()
    nothing = tmp_path / "empty.yaml"
    nothing.write_text("", encoding="utf-8")
    for kind, what in (("stream", "stream listener"), ("http", "HTTP listener for records")):
        address = daemon.ready[kind][0]
        for command in (["status"], ["status", "--json"], ["top", "--count", "1"]):
            result = run(*command, "-c", nothing, "--admin", f"http://{address}")
            assert result.returncode == 1
            assert f"{address} is a crawlspoold's {what}, not its admin listener".encode() in result.stderr
        troubles, _, _ = examine("-c", nothing, "--admin", f"http://{address}")
        assert what in troubles["daemon"]["detail"]


def test_the_text_names_the_remedy_below_the_trouble(start, tmp_path):
    daemon = start({"spool.keep_free_bytes": "4096TiB"})
    result = run("doctor", "-c", config_of(daemon, tmp_path))
    assert result.returncode == 1
    lines = result.stdout.decode().splitlines()
    trouble = next(n for n, line in enumerate(lines) if line.startswith("trouble  free space"))
    assert "counts as full" in lines[trouble] and lines[trouble + 1].lstrip().startswith("-> free some space")
    assert "trouble" in lines[-1]


def test_a_daemon_that_does_not_run(start, tmp_path):
    daemon = start()
    config = config_of(daemon, tmp_path)
    assert daemon.terminate() == 0
    troubles, notes, _ = examine("-c", config)
    assert troubles.keys() == {"daemon"} and not notes
    assert "refused" in troubles["daemon"]["detail"] and "systemctl status" in troubles["daemon"]["remedy"]


def test_a_wrong_configuration_is_told_with_its_place(start, tmp_path):
    start()
    config = tmp_path / "wrong.yaml"
    config.write_text("spool:\n  directroy: /x\n", encoding="utf-8")
    troubles, _, _ = examine("-c", config)
    assert "wrong.yaml:2: spool.directroy" in troubles["configuration"]["detail"]


def test_a_limit_of_open_files_below_the_connections(start, tmp_path):
    daemon = start()
    daemon.limit_descriptors(50)
    troubles, _, _ = examine("-c", config_of(daemon, tmp_path))
    assert troubles.keys() == {"open files"} and "LimitNOFILE=" in troubles["open files"]["remedy"]


def test_another_spool_than_the_daemons(start, tmp_path):
    daemon = start()
    other = start(name="other")
    other.terminate()
    _, notes, _ = examine("-c", config_of(daemon, tmp_path), "--spool", other.spool.directory)
    assert "no daemon has this spool" in notes["lock"]["detail"]


def test_a_spool_that_is_not_there(start, tmp_path):
    troubles, _, checks = examine("-c", config_of(start(), tmp_path), "--spool", tmp_path / "nowhere")
    assert troubles.keys() == {"spool"} and "--spool" in troubles["spool"]["remedy"]
    assert "free space" in checks


def test_a_port_that_the_kernel_chooses_is_not_looked_at(tmp_path):
    """Nobody can say where it is while no daemon runs, whatever else its listener says."""
    config = tmp_path / "crawlspoold.yaml"
    listen = {"stream": ["tcp://127.0.0.1:0"], "http": [], "lines": ["tcp://127.0.0.1:0?stream=raw", "tcp://[::1]:0"], "admin": []}
    config.write_text(json.dumps({"listen": listen, "spool": {"directory": str(tmp_path)}}), encoding="utf-8")
    _, _, checks = examine("-c", config, "--admin", "http://127.0.0.1:1")
    assert "daemon" in checks and not [check for check in checks if check.startswith("port ")]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_owner(start, tmp_path):
    daemon = start()
    os.chown(daemon.spool.directory / "durable", 12345, -1)
    troubles, _, _ = examine("-c", config_of(daemon, tmp_path))
    assert troubles.keys() == {"owners"}
    assert "durable belongs to #12345" in troubles["owners"]["detail"] and "chown" in troubles["owners"]["remedy"]


def test_a_directory_open_to_everyone(start, tmp_path):
    daemon = start()
    daemon.spool.directory.chmod(0o755)
    _, notes, _ = examine("-c", config_of(daemon, tmp_path))
    assert notes.keys() == {"permissions"}
    daemon.spool.directory.chmod(0o777)
    troubles, _, _ = examine("-c", config_of(daemon, tmp_path))
    assert troubles.keys() == {"permissions"}


def test_damaged_control_files_and_missing_segments(start, tmp_path):
    daemon = start({"spool.segment_bytes_max": "8KiB"})
    send_records(daemon, numbered(1, 1000), at_once=100)
    sealed = wait_until(lambda: sorted(daemon.spool.directory.glob("0*.ndjson"))[2:], "sealed segments")[0]
    config = config_of(daemon, tmp_path)
    assert daemon.terminate() == 0
    identity = daemon.spool.directory / "spool.json"
    identity.write_bytes(identity.read_bytes()[:20])
    lost = sealed.stat().st_size
    sealed.unlink()
    troubles, _, _ = examine("-c", config)
    assert troubles.keys() == {"daemon", "control files", "segments"}
    assert "spool.json" in troubles["control files"]["detail"] and "repair" in troubles["control files"]["remedy"]
    assert f"{lost} bytes missing" in troubles["segments"]["detail"] and "verify" in troubles["segments"]["remedy"]


def test_what_recovery_has_cut_is_noted(start, tmp_path):
    daemon = start()
    send_records(daemon, numbered(1, 10))
    daemon.kill()
    with open(daemon.spool.directory / "current.ndjson", "ab") as segment:
        segment.write(b'{"torn')
    daemon.start()
    _, notes, _ = examine("-c", config_of(daemon, tmp_path))
    assert notes.keys() == {"cut"} and "1 file" in notes["cut"]["detail"]
