"""PROXY headers: who may send one, whom it names, and that nothing behind it is lost."""

import contextlib
import shutil
import socket
import struct
import subprocess

import pytest
import web
from daemon import ROOT, run_daemon
from frames import Client, frame, frames
from waiting import seconds, wait_until

LINE = b"PROXY TCP4 203.0.113.7 10.0.0.1 51234 8940\r\n"
BINARY = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes([203, 0, 113, 7, 10, 0, 0, 1]) + struct.pack(">HH", 51234, 8940)
BINARY_V6 = b"\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24" + socket.inet_pton(socket.AF_INET6, "2001:db8::7") + bytes(16) + \
    struct.pack(">HH", 51234, 8940)
LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"
PORT = '["tcp://127.0.0.1:0?proxy=required"]'
BALANCED = {"listen.stream": PORT, "listen.http": PORT, "listen.proxy_from": '["127.0.0.0/8"]'}


def is_closed(sock):
    sock.settimeout(seconds(10))
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("header, peer", [(LINE, "203.0.113.7:51234"), (BINARY, "203.0.113.7:51234"),
                                          (BINARY_V6, "[2001:db8::7]:51234")])
def test_the_peer_is_the_one_that_the_header_names(start, header, peer):
    daemon = start(BALANCED)
    client = daemon.connect()
    client.send(header + frames([b"1", b"2"]))
    client.wait_ack(2)
    assert [(line.record, line.peer) for line in daemon.spool.lines(live=True)] == [(b"1", peer), (b"2", peer)]
    daemon.wait_event("conn_open", peer=peer)


def test_a_header_may_come_byte_by_byte(start):
    daemon = start(BALANCED)
    for header in (LINE, BINARY):
        client = daemon.connect()
        for at in range(len(header)):
            client.send(header[at:at + 1])
        client.send(frame(b"1"))
        client.wait_ack(1)
    assert {line.peer for line in daemon.spool.lines(live=True)} == {"203.0.113.7:51234"}


@pytest.mark.parametrize("header", [LOCAL, b"PROXY UNKNOWN\r\n"])
def test_a_header_that_names_nobody_leaves_the_balancer_as_the_peer(start, header):
    daemon = start(BALANCED)
    client = daemon.connect()
    client.send(header + frame(b"1"))
    client.wait_ack(1)
    host, port = client.sock.getsockname()
    assert [line.peer for line in daemon.spool.lines(live=True)] == [f"{host}:{port}"]


def test_limits_count_the_machines_behind_the_balancer(start):
    daemon = start({**BALANCED, "limits.connections_per_ip_max": "1"})
    others = []
    for number in range(3):
        client = daemon.connect()
        client.send(b"PROXY TCP4 203.0.113.%d 10.0.0.1 51234 8940\r\n" % number + frame(b"1"))
        client.wait_ack(1)
        others.append(client)
    again = daemon.connect()
    again.send(b"PROXY TCP4 203.0.113.1 10.0.0.1 51235 8940\r\n" + frame(b"1"))
    again.expect_error("too_many_connections")


def test_http_requests_come_through(start):
    daemon = start(BALANCED)
    with web.Web(daemon.address("http")) as connection:
        connection.send(LINE)
        assert connection.post(b'{"a":1}').status == 200
    assert [line.peer for line in daemon.spool.lines(live=True)] == ["203.0.113.7:51234"]


def test_strangers_are_closed_before_anything_is_read(start):
    daemon = start({**BALANCED, "listen.proxy_from": '["192.0.2.0/24", "::1"]'})
    with socket.create_connection(daemon.address(), seconds(10)) as stranger:
        with contextlib.suppress(OSError):
            stranger.sendall(LINE + frame(b"1"))
        assert is_closed(stranger)
    assert "listen.proxy_from" in daemon.wait_event("proxy_refused")["detail"]
    assert daemon.spool.lines(live=True) == []


@pytest.mark.parametrize("first, why", [(frame(b"1"), "no PROXY header came first"),
                                        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "no PROXY header came first"),
                                        (b"PROXY TCP4 203.0.113.7 10.0.0.1 51234\r\n", "bad port")])
def test_who_sends_no_header_is_closed_and_the_log_says_why(start, first, why):
    daemon = start(BALANCED)
    with socket.create_connection(daemon.address(), seconds(10)) as sock:
        sock.sendall(first)
        assert is_closed(sock)
    assert why in daemon.wait_event("proxy_refused")["detail"]
    metrics = daemon.admin("/metrics").body.decode()
    assert 'crawlspool_connection_closes_total{reason="proxy_refused"} 1' in metrics


def test_who_ends_before_the_header_holds_nothing(start):
    daemon = start(BALANCED)
    with socket.create_connection(daemon.address(), seconds(10)) as sock:
        sock.sendall(LINE[:20])
    daemon.wait_event("proxy_refused")


def test_silence_is_closed_after_five_seconds(start):
    daemon = start(BALANCED)
    with socket.create_connection(daemon.address(), seconds(20)) as sock:
        sock.settimeout(seconds(20))
        assert sock.recv(1) == b""
    assert daemon.wait_event("proxy_refused")["detail"] == "no whole PROXY header came within 5 s"


def test_at_most_1024_wait_for_their_header(start):
    daemon = start(BALANCED)
    with contextlib.ExitStack() as waiting:
        for _ in range(1024):
            waiting.enter_context(socket.create_connection(daemon.address(), seconds(10)))
        with socket.create_connection(daemon.address(), seconds(10)) as one_too_many:
            assert is_closed(one_too_many)
        assert "1024" in daemon.wait_event("proxy_refused")["detail"]
    client = daemon.connect()
    client.send(LINE + frame(b"1"))
    client.wait_ack(1)


def test_a_stop_does_not_wait_for_headers(start):
    daemon = start({**BALANCED, "timeouts.drain": "60s"})
    with socket.create_connection(daemon.address(), seconds(10)) as sock:
        sock.sendall(LINE[:10])
        assert daemon.terminate() == 0


def test_a_port_without_anyone_to_believe_is_an_error():
    result = run_daemon("--set", f"listen.stream={PORT}", "--print-config")
    assert result.returncode == 78
    assert "listen.proxy_from names nobody" in result.stderr


HAPROXY = """
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend crawlers
  bind 127.0.0.1:{port}
  default_backend daemon
backend daemon
  server one {host}:{daemon_port} {how} check
"""


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.mark.parametrize("how", ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl-cn", "send-proxy-v2 proxy-v2-options crc32c"])
def test_haproxy_passes_connections_on(start, tmp_path, how):
    haproxy = shutil.which("haproxy", path=f"{ROOT}/build/tools:/usr/sbin:/usr/bin")
    if not haproxy:
        pytest.skip("haproxy is not installed")
    daemon = start(BALANCED)
    host, daemon_port = daemon.address()
    port = free_port()
    config = tmp_path / "haproxy.cfg"
    config.write_text(HAPROXY.format(port=port, host=host, daemon_port=daemon_port, how=how))
    balancer = subprocess.Popen([haproxy, "-db", "-f", str(config)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def connect():
            with contextlib.suppress(OSError):
                return Client(("127.0.0.1", port), source="127.0.0.9")

        client = wait_until(connect, "haproxy listens")
        client.send(frames([b"%d" % number for number in range(1000)]))
        client.wait_ack(1000)
        own = "%s:%d" % client.sock.getsockname()
        client.close()
    finally:
        balancer.terminate()
        balancer.wait(seconds(10))
    lines = daemon.spool.lines(live=True)
    assert [line.record for line in lines] == [b"%d" % number for number in range(1000)]
    assert {line.peer for line in lines} == {own}


def test_curl_speaks_the_haproxy_protocol(start):
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    daemon = start(BALANCED)
    host, port = daemon.address("http")
    answer = subprocess.run(["curl", "-sSf", "--haproxy-protocol", "-H", "Content-Type: application/json", "-d", '{"a":1}',
                             f"http://{host}:{port}/v1/records"], capture_output=True, check=True, timeout=seconds(20))
    assert [line.record for line in daemon.spool.lines(live=True)] == [b'{"a":1}']
