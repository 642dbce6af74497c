"""HUP: a new configuration is put in force as a whole or not at all, without a connection being dropped."""

import signal

import pytest

from command import restart
from frames import BATCH, frame
from reloading import ConfigFile, config_state, hup, reload
from waiting import wait_until


@pytest.fixture
def file(tmp_path):
    return ConfigFile(tmp_path / "crawlspoold.yaml")


def is_served(client):
    client.send_record(b"1")
    return client.receive() == {"ack": client.sent}


def test_a_lower_connection_limit_sends_nobody_away(start, file):
    daemon = start(args=file.args)
    clients = [daemon.connect() for _ in range(4)]
    assert all(map(is_served, clients))
    reload(daemon, file, {"limits.connections_max": 2})
    assert all(map(is_served, clients))
    error = daemon.connect().expect_error("too_many_connections")
    assert (error["limit"], error["max"]) == ("connections_max", 2)
    for client in clients[1:]:
        client.close()
    wait_until(lambda: is_served(daemon.connect()), "there is a place again")


def test_limits_of_one_address_and_one_client_change(start, file):
    daemon = start(args=file.args)
    reload(daemon, file, {"limits.connections_per_ip_max": 2, "limits.connections_per_client_max": 1})
    one = daemon.connect()
    one.hello(client="w")
    other = daemon.connect()
    other.send(frame(b'{"protocol":1,"client":"w"}', 1))
    assert other.expect_error("too_many_connections")["limit"] == "connections_per_client_max"
    daemon.connect(source="127.0.0.2").hello(client="v")
    reload(daemon, file, {"limits.connections_per_ip_max": 1})
    assert daemon.connect().expect_error("too_many_connections")["limit"] == "connections_per_ip_max"


def test_whom_the_admin_port_and_the_http_port_answer_changes(start, file):
    daemon = start(args=file.args)
    name, origin = "crawl-7.example", "https://tool.example"
    assert daemon.admin("/livez", host=name).status == 421
    assert daemon.post(b"1", Origin=origin).status == 403
    reload(daemon, file, {"admin.hosts": f"[{name}]", "http.origins": f'["{origin}"]'})
    assert daemon.admin("/livez", host=name).status == 200
    assert daemon.post(b"1", Origin=origin).status == 200
    reload(daemon, file, {"admin.hosts": "[]"})
    assert daemon.admin("/livez", host=name).status == 421
    assert daemon.post(b"1", Origin=origin).status == 403


def test_what_a_welcome_promised_holds_for_that_connection(start, file):
    daemon = start(args=file.args)
    old = daemon.connect()
    assert old.hello()["record_bytes_max"] == 16 << 20
    reload(daemon, file, {"limits.record_bytes_max": "100B", "limits.batch_records_max": 3})
    large = b'"%s"' % (b"x" * 1000)
    old.send_record(large)
    old.wait_ack()
    old.send(frame(b"\n".join([b"1"] * 9), BATCH))
    old.wait_ack(10)
    new = daemon.connect()
    assert new.hello()["record_bytes_max"] == 100
    new.send_record(large)
    new.expect_error("frame_too_large")
    new = daemon.connect()
    assert new.hello()["batch_records_max"] == 3
    new.send(frame(b"\n".join([b"1"] * 9), BATCH))
    new.expect_error("bad_batch")
    assert daemon.post(large).status == 413


def test_the_depth_of_records_counts_at_once(start, file):
    daemon = start({"io_threads": "3"}, args=file.args)
    clients = [daemon.connect() for _ in range(3)]
    assert all(map(is_served, clients))
    reload(daemon, file, {"limits.record_depth_max": 1})
    for client in clients:
        client.send_record(b"[[1]]")
        client.wait_ack()
        assert client.rejects[client.sent]["code"] == "too_deep"


def test_timeouts_count_at_once_for_connections_that_are_open(start, file):
    daemon = start({"io_threads": "2"}, args=file.args)
    silent = [daemon.connect() for _ in range(2)]
    idle = daemon.connect()
    assert is_served(idle)
    begun = daemon.connect()
    begun.send(b"\x00")
    begun.wait_read()
    reload(daemon, file, {"timeouts.idle": "300ms", "timeouts.frame": "200ms"})
    idle.expect_goodbye("idle_timeout")
    begun.expect_error("frame_timeout")
    for client in silent:
        client.expect_error("frame_timeout")


def test_the_time_for_a_drain_changes(start, file):
    daemon = start(args=file.args)
    reload(daemon, file, {"timeouts.drain": "7s"})
    assert daemon.terminate() == 0
    assert daemon.events("draining")[0]["drain_ms"] == "7000"


def test_the_log_level_changes(start, file):
    daemon = start(args=file.args)
    file.write({"log.level": "error"})
    hup(daemon)
    daemon.connect().ping()
    assert not daemon.events("conn_open")
    reload(daemon, file, {"log.level": "info"})
    daemon.wait_event("config_changed", key="log.level", old="error", new="info")
    daemon.connect().ping()
    daemon.wait_event("conn_open")


def test_a_lower_keep_free_mark_gives_a_full_spool_room(start, tmp_path):
    file = ConfigFile(tmp_path / "crawlspoold.yaml", {"spool.keep_free_bytes": "1000000TiB"})
    daemon = start(args=file.args, without=["spool.keep_free_bytes"])
    wait_until(lambda: daemon.status()["state"] == "disk_full", "the spool counts as full")
    client = daemon.connect()
    client.send_record(b"1")
    reload(daemon, file, {"spool.keep_free_bytes": 0})
    client.wait_ack()
    assert daemon.status()["state"] == "ok"


def test_retention_and_segments_change(start, file):
    daemon = start(args=file.args)
    reload(daemon, file, {"spool.segment_bytes_max": "1KiB"})

    def store(count):
        with daemon.connect() as client:
            for _ in range(count):
                client.send_record(b'"%s"' % (b"x" * 2000))
                client.wait_ack()
    store(9)
    # A full segment is sealed behind the ack of its last record, before the next one comes.
    wait_until(lambda: daemon.status()["spool"]["segments"] == 10, "each record has sealed a segment")
    restart(daemon)
    store(1)
    reload(daemon, file, {"spool.segment_bytes_max": "1KiB", "spool.retention_bytes_max": "4KiB"})
    wait_until(lambda: daemon.status()["spool"]["segments_removed"] > 5, "the oldest segments go")


def test_what_needs_a_restart_is_named_and_stays(start, file):
    daemon = start(args=file.args, without=["spool.compression"])
    state = reload(daemon, file, {"spool.sync": "never", "log.format": "json", "limits.connections_max": 77})
    assert state["generation"] == 2
    sync = daemon.wait_event("reload_needs_restart", key="spool.sync")
    assert (sync["running"], sync["file"]) == ("always", "never")
    daemon.wait_event("reload_needs_restart", key="log.format")
    daemon.wait_event("reloaded", changed="1", needs_restart="2")
    assert daemon.connect().hello()["ack"] == "synced"
    hup(daemon)  # still to be restarted for
    wait_until(lambda: len(daemon.events("reload_needs_restart", key="spool.sync")) == 2, "it is named again")
    daemon.wait_event("reloaded", changed="0", needs_restart="2", generation="3")


def test_a_bad_file_leaves_everything_and_tells_why(start, file):
    daemon = start(args=file.args)
    reload(daemon, file, {"limits.connections_max": 50})
    client = daemon.connect()
    file.write({"limits.connections_max": 1, "timeouts.idle": "5x", "limits.record_bytes_max": 0})
    state = hup(daemon)
    assert not state["ok"] and state["generation"] == 2
    failed = daemon.wait_event("reload_failed")
    assert failed["level"] == "error" and failed["detail"] == state["error"]
    assert "crawlspoold.yaml:5: timeouts.idle: " in state["error"] and "; " in state["error"]
    assert is_served(client) and is_served(daemon.connect())
    assert not daemon.events("config_changed", new="1")
    file.path.unlink()
    assert "cannot read" in hup(daemon)["error"]
    assert reload(daemon, file, {"limits.connections_max": 1}) == {**config_state(daemon), "generation": 3, "ok": True}
    assert "error" not in config_state(daemon)


def test_what_set_said_at_the_start_still_wins(start, file):
    daemon = start({"limits.connections_max": "3"}, args=file.args)
    reload(daemon, file, {"limits.connections_max": 1})
    daemon.wait_event("reloaded", changed="0")
    assert is_served(daemon.connect()) and is_served(daemon.connect())


def test_of_many_hups_at_once_the_last_file_is_in_force(start, file):
    daemon = start(args=file.args)
    for number in range(1, 60):
        file.write({"limits.batch_records_max": number})
        daemon.signal(signal.SIGHUP)
    wait_until(lambda: daemon.connect().hello()["batch_records_max"] == 59, "the last one is in force")


def test_a_hup_while_draining_is_only_for_the_log(start, file):
    daemon = start({"timeouts.drain": "20s"}, args=file.args)
    stuck = daemon.connect(receive_buffer=1)
    stuck.send_record(b"1")
    stuck.wait_ack()
    daemon.signal(signal.SIGTERM)
    daemon.wait_event("draining")
    daemon.signal(signal.SIGHUP)
    daemon.wait_exit()
    assert daemon.process.returncode == 0 and not daemon.events("reloaded")
