"""The admin listener: alive, ready, status; for those who ask it by its own name."""

import pytest

import private_mounts
import web
from command import run
from waiting import wait_until

STATUS_KEYS = {"version", "pid", "uptime_s", "state", "connections", "clients", "records", "bytes", "rejects",
               "commits", "syncs", "listen", "limits", "spool", "ack_p99_ms"}
SPOOL_KEYS = {"directory", "keep_free_bytes", "segment_bytes_max", "position", "durable", "segments", "bytes", "free_bytes"}


def test_a_healthy_daemon_is_alive_and_ready(shared):
    assert shared.admin("/livez").status == 200
    ready = shared.admin("/readyz")
    assert (ready.status, ready.body.strip()) == (200, b"ok")


def test_status_has_every_promised_key(shared):
    response = shared.admin("/status")
    status = response.json()
    assert STATUS_KEYS <= status.keys(), STATUS_KEYS - status.keys()
    assert SPOOL_KEYS <= status["spool"].keys(), SPOOL_KEYS - status["spool"].keys()
    assert {"stream", "http"} <= status["connections"].keys()
    assert (status["pid"], status["state"]) == (shared.pid, "ok")
    assert status["uptime_s"] >= 0 and status["spool"]["free_bytes"] > 0


def test_status_says_where_the_daemon_is_and_by_which_limits(start):
    daemon = start({"limits.connections_max": "321", "spool.segment_bytes_max": "5MiB"})
    status = daemon.status()
    assert status["listen"] == {kind: [f"tcp://{address}" for address in daemon.ready[kind]]
                                for kind in daemon.ready if kind != "pid"}
    assert status["limits"]["connections_max"] == 321
    assert status["spool"]["directory"] == str(daemon.spool.directory)
    assert status["spool"]["segment_bytes_max"] == 5 << 20


def test_status_counts_what_came_in(start):
    daemon = start()
    client = daemon.connect()
    client.send_records([b"1", b"22", b"?", b"333"])
    client.wait_ack()
    daemon.post(b"4\n5\n", "application/x-ndjson")
    wait_until(lambda: daemon.status()["records"] == 5, "five records are counted")
    status = daemon.status()
    assert status["connections"]["stream"] == 1
    assert status["rejects"]["invalid_json"] == 1
    assert status["bytes"] > 0
    assert 1 <= status["commits"] <= 6 and status["syncs"] >= 1
    assert status["spool"]["position"] == status["spool"]["durable"] == daemon.spool.position()
    assert status["spool"]["segments"] == 1
    assert status["spool"]["bytes"] == daemon.spool.position()


def test_a_foreign_host_name_is_refused(shared):
    for host in ("evil.example", "evil.example:8942", "127.0.0.1.evil.example", "localhost.evil.example",
                 "user@127.0.0.1", "[::1].evil.example", "[::1].evil.example:8942", "localhost/evil.example"):
        response = shared.admin("/status", host=host)
        assert 400 <= response.status < 500 and response.status != 404, host
        assert b"uptime" not in response.body


def test_a_target_for_a_foreign_host_is_refused(shared):
    for target in ("http://evil/status", "HTTP://evil:8942/status", "http://[::1].evil/status"):
        response = shared.admin(target, host="127.0.0.1")
        assert response.status in (400, 421), target
        assert b"uptime" not in response.body
    assert shared.admin("http://127.0.0.1/status", host="evil.example").status == 200, "the target's authority counts"


def test_listed_names_are_accepted(start):
    daemon = start({"admin.hosts": '["Crawl-7.example", "b:8942"]'})
    for host, status in (("crawl-7.example", 200), ("CRAWL-7.EXAMPLE:8942", 200), ("b:8942", 200), ("b", 421),
                         ("b:80", 421), ("x.crawl-7.example", 421), ("crawl-7.example.", 421)):
        assert daemon.admin("/livez", host=host).status == status, host
    refusal = daemon.admin("/livez", host="c.example")
    assert refusal.error_code() == "foreign_host"
    assert "admin.hosts" in refusal.json()["error"]["detail"] and "c.example" in refusal.json()["error"]["detail"]


def test_its_own_names_are_accepted(shared):
    _, port = shared.address("admin")
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}", "localhost", "127.0.0.1"):
        assert shared.admin("/livez", host=host).status == 200, host


def test_a_missing_host_is_400(shared):
    with web.Web(shared.address("admin")) as connection:
        connection.send(b"GET /status HTTP/1.1\r\n\r\n")
        assert connection.response().status == 400


def test_other_paths_are_404(shared):
    for target in ("/nothing", "/status/", "/statusx", "/v1/records", "/livez/../status"):
        assert shared.admin(target).status == 404, target


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("target", ["/livez", "/readyz", "/status"])
def test_other_methods_are_405(shared, method, target):
    with web.Web(shared.address("admin")) as connection:
        connection.request(method, target)
        response = connection.response()
        assert response.status == 405
        assert "GET" in response.headers["allow"]


def test_a_connection_is_kept(shared):
    with web.Web(shared.address("admin")) as connection:
        for target in ("/livez", "/status", "/nothing", "/readyz"):
            connection.get(target)
        assert connection.get("/livez").status == 200


def test_readyz_does_not_fill_the_spool(start):
    daemon = start()
    for _ in range(20):
        assert daemon.admin("/readyz").status == 200
    assert daemon.spool.records() == []


def test_the_command_asks_by_a_listed_name(start, tmp_path):
    names = tmp_path / "hosts"
    names.write_text("127.0.0.1 localhost crawl-7.example other.example\n", encoding="utf-8")
    private_mounts.mount("--bind", str(names), place="/etc/hosts")
    try:
        daemon = start({"admin.hosts": "[crawl-7.example]"})
        _, port = daemon.address("admin")
        result = run("status", "--admin", f"http://crawl-7.example:{port}")
        assert result.returncode == 0, result.stderr
        assert b"uptime" in result.stdout
        result = run("status", "--admin", f"http://other.example:{port}")
        assert result.returncode == 1
        assert b"421" in result.stderr and b"admin.hosts" in result.stderr
    finally:
        private_mounts.umount("/etc/hosts")
