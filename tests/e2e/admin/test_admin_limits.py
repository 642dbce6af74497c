"""The admin port under those who would have it for themselves: it is bounded on its own, and whoever scrapes it or asks
for the daemon's health gets in and gets the answer to that question."""

import contextlib
import pathlib
import re
import socket

import pytest

import daemon as daemon_module
import web
from held_thread import held_thread
from waiting import wait_until

MIB = 1 << 20
CONNECTIONS_MAX = 64
LARGE = b"GET /page/chart.min.js HTTP/1.1\r\nHost: localhost\r\n\r\n"


def metric(daemon, name):
    return int(re.search(rb"^%s (\d+)$" % name.encode(), daemon.admin("/metrics").body, re.MULTILINE)[1])


def deaf_connection(address):
    """One whose kernel takes little of what it is sent."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(address)
    return sock


def test_pipelined_requests_that_nobody_reads_hold_one_answer(start):
    daemon = start()
    daemon.admin("/page/chart.min.js")
    before = daemon.memory_peak_bytes()
    with deaf_connection(daemon.address("admin")) as sock:
        sock.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            sock.sendall(LARGE * (64 * 1024 // len(LARGE)))
        assert daemon.admin("/livez").status == 200
        assert daemon.status()["memory_bytes"] == 0
        if not daemon_module.is_sanitized():
            assert daemon.memory_peak_bytes() < before + 4 * MIB


def test_what_is_pipelined_is_answered_as_it_is_read(start):
    daemon = start()
    count = 300
    with web.Web(daemon.address("admin"), timeout=30) as connection:
        connection.send(LARGE * count)
        bodies = {connection.response().body for _ in range(count)}
    assert len(bodies) == 1


@pytest.mark.parametrize("said", [b"", b"GET /liv", b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", LARGE * 100],
                         ids=["nothing", "half_a_head", "an_answered_request", "unread_requests"])
def test_held_connections_lock_nobody_out(start, said):
    daemon = start()
    with contextlib.ExitStack() as held:
        for _ in range(CONNECTIONS_MAX):
            sock = held.enter_context(deaf_connection(daemon.address("admin")))
            sock.sendall(said)
        for path in ("/livez", "/metrics", "/status", "/readyz"):
            assert daemon.admin(path).status == 200, path
        assert metric(daemon, "crawlspool_admin_closed_total") >= 1
        assert daemon.wait_event("admin_closed", limit="admin connections")["max"] == str(CONNECTIONS_MAX)
        assert daemon.status()["connections_refused"] == 0


def test_the_one_that_was_silent_longest_makes_room(start):
    daemon = start()
    with contextlib.ExitStack() as held:
        connections = [held.enter_context(web.Web(daemon.address("admin"))) for _ in range(CONNECTIONS_MAX)]
        for connection in connections:
            assert connection.get("/livez").status == 200
        assert connections[0].get("/livez").status == 200  # heard of again
        assert daemon.admin("/livez").status == 200
        assert connections[1].sock.recv(1) == b""
        assert all(connection.get("/livez").status == 200 for connection in connections[:1] + connections[2:-1])


def test_unread_answers_beyond_the_ports_memory_make_room_for_others(start):
    daemon = start()
    size = len(daemon.admin("/page/chart.min.js").body)
    before = daemon.memory_peak_bytes()
    deaf = 8 * MIB // size + 10
    assert deaf < CONNECTIONS_MAX
    with contextlib.ExitStack() as held:
        for _ in range(deaf):
            held.enter_context(deaf_connection(daemon.address("admin"))).sendall(LARGE * 150)
        daemon.wait_event("admin_closed", limit="admin memory")
        assert daemon.admin("/metrics").status == 200
        assert daemon.status()["memory_bytes"] == 0
        if not daemon_module.is_sanitized():
            assert daemon.memory_peak_bytes() < before + 24 * MIB


def second_loop(daemon):
    """The thread that waits for sockets and is not the first one."""
    for task in pathlib.Path(f"/proc/{daemon.pid}/task").iterdir():
        if int(task.name) != daemon.pid and "epoll" in (task / "wchan").read_text(encoding="ascii"):
            return int(task.name)
    return None


def test_a_filling_disk_answers_the_probe_and_no_other_question(tmpfs, start):
    daemon = start({"io_threads": "2", "spool.keep_free_bytes": "4MiB"}, spool_directory=tmpfs / "spool")
    tid = wait_until(lambda: second_loop(daemon), "the second loop waits")
    with web.Web(daemon.address("admin")) as connection:
        with held_thread(tid):
            connection.request("GET", "/connections")  # waits for the second loop's answer
            assert daemon.admin("/livez").status == 200
            (tmpfs / "ballast").write_bytes(bytes(15 << 20))
            wait_until(lambda: daemon.admin("/readyz").body == b"disk_full\n", "the disk is full")
        answer = connection.response()
        assert answer.status == 200
        assert "connections" in answer.json()
        assert connection.get("/livez").body == b"disk_full\n"
        (tmpfs / "ballast").unlink()
        wait_until(lambda: connection.get("/readyz").status == 200, "ready again")
