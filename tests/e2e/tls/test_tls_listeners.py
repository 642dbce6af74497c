"""TLS on every input: who gets in, what a broken peer is told and costs, and that a record comes through as over TCP."""

import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from authority import Authority
from daemon import run_daemon
from frames import BYE, frame, frames
from waiting import seconds, wait_until

TLS = '["tls://127.0.0.1:0"]'


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def own(authority):
    return authority.make("crawl-server")


def settings(own, **more):
    return {"listen.stream": TLS, "listen.http": TLS, "listen.lines": TLS,
            "listen.admin": '["tcp://127.0.0.1:0","tls://127.0.0.1:0"]', "tls.certificate": str(own.certificate),
            "tls.key": str(own.key), **{name.replace("_", ".", 1): value for name, value in more.items()}}


def trusting(authority, client=None):
    context = ssl.create_default_context(cafile=authority.certificate)
    if client:
        context.load_cert_chain(client.certificate, client.key)
    return context


def connect(daemon, context, kind="stream"):
    sock = context.wrap_socket(socket.create_connection(daemon.address(kind), seconds(10)), server_hostname="127.0.0.1")
    daemon.clients.append(sock)
    return sock


def send_all(sock, data):
    sock.settimeout(seconds(20))
    sock.sendall(data)


def read_to_end(sock):
    sock.settimeout(seconds(20))
    parts = []
    with contextlib.suppress(ssl.SSLEOFError, ConnectionResetError):
        while part := sock.recv(65536):
            parts.append(part)
    return b"".join(parts)


def is_closed(sock):
    sock.settimeout(seconds(20))
    try:
        return sock.recv(1) == b""
    except OSError:
        return True


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_records_of_every_size_come_through(start, authority, own, version):
    daemon = start(settings(own))
    context = trusting(authority)
    context.minimum_version = context.maximum_version = version
    records = [b'"%s"' % (b"x" * size) for size in (0, 1, 100, 16_300, 16_384, 16_400, 70_000, 300_000, 3_000_000)] * 3
    sock = connect(daemon, context)
    send_all(sock, frames(records) + frame(b"", BYE))  # before any answer is read: one ack waits at most
    answers = read_to_end(sock)
    assert b'{"ack":%d}' % len(records) in answers and b'"bye"' in answers
    assert daemon.spool.records(live=True) == records


def test_a_record_may_come_byte_by_byte_of_tls(start, authority, own):
    """Through a memory BIO, so that each byte of TLS is a write of its own."""
    daemon = start(settings(own))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trusting(authority).wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with socket.create_connection(daemon.address(), seconds(20)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def flush():
            for byte in outgoing.read():
                sock.sendall(bytes([byte]))

        def drive(call):
            while True:
                try:
                    result = call()
                    flush()
                    return result
                except ssl.SSLWantReadError:
                    flush()
                    incoming.write(sock.recv(65536))

        drive(tls.do_handshake)
        drive(lambda: tls.write(frame(b'{"a":1}') + frame(b"", BYE)))
        answers = b""
        while b"bye" not in answers:
            answers += drive(lambda: tls.read(65536))
    assert b'{"ack":1}' in answers
    assert daemon.spool.records(live=True) == [b'{"a":1}']


def test_http_and_the_admin_port_speak_tls(start, authority, own):
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    daemon = start(settings(own))

    def curl(*arguments):
        return subprocess.run(["curl", "-sSf", "--cacert", str(authority.certificate), *arguments], capture_output=True,
                              check=True, timeout=seconds(30)).stdout

    host, port = daemon.address("http")
    answer = curl("-H", "Content-Type: application/x-ndjson", "--data-binary", "1\n2\n", f"https://{host}:{port}/v1/records")
    assert json.loads(answer)["accepted"] == 2
    host, port = daemon.address("admin", 1)
    assert json.loads(curl(f"https://{host}:{port}/status"))["records"] == 2
    assert daemon.status()["listen"]["http"] == ["tls://%s:%d" % daemon.address("http")]


def test_lines_come_from_openssl(start, own):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    daemon = start(settings(own))
    subprocess.run(["openssl", "s_client", "-quiet", "-no_ign_eof", "-connect", "%s:%d" % daemon.address("lines")],
                   input=b'{"a":1}\n{"a":2}\n', capture_output=True, check=True, timeout=seconds(30))
    wait_until(lambda: daemon.spool.records(live=True) == [b'{"a":1}', b'{"a":2}'], "both lines are stored")


def test_only_clients_with_a_certificate_get_in_where_it_is_required(start, authority, own, tmp_path):
    strangers = Authority(tmp_path, "strangers")
    daemon = start(settings(own, tls_client="required", tls_client_ca=str(authority.certificate)))
    sock = connect(daemon, trusting(authority, authority.make("worker-7")))
    send_all(sock, frame(b"1") + frame(b"", BYE))
    assert b'{"ack":1}' in read_to_end(sock)
    for client in (None, strangers.make("worker-8")):
        context = trusting(authority, client)
        with contextlib.suppress(OSError):
            sock = connect(daemon, context)
            sock.sendall(frame(b"2"))
            assert is_closed(sock)
    wait_until(lambda: len(daemon.events("tls_failed")) == 2, "both are logged")
    details = [event["detail"] for event in daemon.events("tls_failed")]
    assert "peer did not return a certificate" in details[0] and details[1].startswith("client certificate: "), details
    assert daemon.spool.records(live=True) == [b"1"]


def test_a_listener_may_ask_for_more_than_the_others(start, authority, own):
    both = f'["tls://127.0.0.1:0","tls://127.0.0.1:0?verify=required&client_ca={authority.certificate}"]'
    daemon = start({**settings(own), "listen.stream": both})
    sock = connect(daemon, trusting(authority))
    send_all(sock, frame(b"1") + frame(b"", BYE))
    assert b'{"ack":1}' in read_to_end(sock)
    with contextlib.suppress(OSError):
        strict = trusting(authority).wrap_socket(socket.create_connection(daemon.address("stream", 1), seconds(10)),
                                                 server_hostname="127.0.0.1")
        strict.sendall(frame(b"2"))
        assert is_closed(strict)
    daemon.wait_event("tls_failed")


@pytest.mark.parametrize("first, why", [(frame(b"1") * 20, "no bytes of TLS"),
                                        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "plain HTTP on a TLS port")])
def test_plain_bytes_on_a_tls_port_are_named(start, own, first, why):
    daemon = start(settings(own))
    with socket.create_connection(daemon.address(), seconds(10)) as sock:
        sock.sendall(first)
        assert is_closed(sock)
    assert why in daemon.wait_event("tls_failed")["detail"]
    daemon.wait_event("conn_close", reason="tls_failed")


@pytest.mark.parametrize("kind", ["stream", "lines"])
def test_tls_on_a_plain_port_is_named(start, authority, kind):
    daemon = start({"listen.lines": '["tcp://127.0.0.1:0"]'})
    with contextlib.suppress(OSError):
        connect(daemon, trusting(authority), kind)
    assert "TLS" in daemon.wait_event("conn_error", code="wrong_protocol")["detail"]


def test_a_slow_handshake_ends_in_time_and_holds_one_place(start, authority, own):
    daemon = start({**settings(own), "tls.handshake": "1s", "limits.connections_max": "1"})
    with socket.create_connection(daemon.address("lines"), seconds(10)) as silent:
        wait_until(lambda: daemon.status()["connections"]["lines"] == 1, "it has its place")
        assert is_closed(silent)
    daemon.wait_event("conn_close", reason="tls_handshake")
    sock = connect(daemon, trusting(authority))
    send_all(sock, frame(b"1") + frame(b"", BYE))
    assert b'{"ack":1}' in read_to_end(sock)


def test_who_is_refused_learns_it_over_tls(start, authority, own):
    daemon = start({**settings(own), "limits.connections_max": "1"})
    first = connect(daemon, trusting(authority))
    send_all(first, frame(b"1"))
    assert first.recv(100)
    second = connect(daemon, trusting(authority))
    assert b"too_many_connections" in read_to_end(second)


def test_no_tickets_no_old_versions_no_renegotiation(start, own):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    daemon = start(settings(own))
    address = "%s:%d" % daemon.address("lines")

    def s_client(*arguments, text=b""):
        return subprocess.run(["openssl", "s_client", "-connect", address, *arguments], input=text, capture_output=True,
                              check=False, timeout=seconds(30))

    assert b"TLS session ticket" not in s_client("-tls1_2").stdout
    assert s_client("-tls1_1", "-cipher", "ALL:@SECLEVEL=0").returncode != 0
    assert b"no renegotiation" in s_client("-tls1_2", text=b"R\n").stderr.lower() + s_client("-tls1_2", text=b"R\n").stdout.lower()


def test_a_renewed_certificate_serves_the_next_connections(start, authority, tmp_path):
    authority = Authority(tmp_path)
    own = authority.make("crawl-server")
    daemon = start(settings(own))
    sock = connect(daemon, trusting(authority))
    before = ssl.PEM_cert_to_DER_cert(own.certificate.read_text())
    assert sock.getpeercert(binary_form=True) == before

    authority.make("crawl-server", days=5)
    daemon.signal(1)
    daemon.wait_event("tls_reloaded")
    renewed = connect(daemon, trusting(authority)).getpeercert(binary_form=True)
    assert renewed == ssl.PEM_cert_to_DER_cert(own.certificate.read_text()) != before

    send_all(sock, frame(b"1") + frame(b"", BYE))  # the one from before goes on
    assert b'{"ack":1}' in read_to_end(sock)

    authority.make("other")
    os.replace(tmp_path / "other.key", own.key)
    daemon.signal(1)
    assert "tls.key" in daemon.wait_event("tls_reload_failed")["detail"]
    assert connect(daemon, trusting(authority)).getpeercert(binary_form=True) == renewed


def test_no_connection_fails_while_certificates_change(start, tmp_path):
    authority = Authority(tmp_path)
    own = authority.make("crawl-server")
    daemon = start(settings(own))
    changes = int(os.environ.get("CRAWLSPOOL_CERTIFICATES", "10"))
    stop, failures, sent = threading.Event(), [], [0] * 4

    def crawl(number):
        while not stop.is_set():
            try:
                sock = connect(daemon, trusting(authority))
                send_all(sock, frame(b'"%d-%d"' % (number, sent[number])) + frame(b"", BYE))
                assert b'{"ack":1}' in read_to_end(sock)
                sock.close()
                sent[number] += 1
            except (OSError, AssertionError) as error:
                failures.append(error)

    crawlers = [threading.Thread(target=crawl, args=(number,)) for number in range(len(sent))]
    for crawler in crawlers:
        crawler.start()
    for change in range(changes):
        renewed = authority.make("renewed", days=3 + change)
        os.replace(renewed.key, own.key)  # between the two, certificate and key do not match: the old pair goes on
        if change % 2:
            daemon.signal(1)
        os.replace(renewed.certificate, own.certificate)
        daemon.signal(1)
        wait_until(lambda: len(daemon.events("tls_reloaded")) > change, "the new certificate is in force")
    stop.set()
    for crawler in crawlers:
        crawler.join()
    assert not failures
    stored = sorted(daemon.spool.records(live=True))
    assert stored == sorted(b'"%d-%d"' % (number, at) for number, count in enumerate(sent) for at in range(count))


def test_when_a_certificate_ends_is_a_metric(start, own):
    daemon = start(settings(own))
    address = "%s:%d" % daemon.address("http")
    line = next(line for line in daemon.admin("/metrics").body.decode().splitlines()
                if line.startswith(f'crawlspool_tls_certificate_not_after_seconds{{address="{address}"}}'))
    assert 0 < float(line.split()[-1]) - time.time() < 3 * 86400


def test_garbage_behind_the_handshake_is_closed(start, authority, own):
    daemon = start(settings(own))
    sock = connect(daemon, trusting(authority))
    raw = sock.detach()
    with socket.socket(fileno=raw) as under:
        under.sendall(b"\x17\x03\x03\x00\x20" + b"g" * 32)
        under.settimeout(seconds(20))
        while under.recv(4096):
            pass
    assert daemon.wait_event("tls_failed")


@pytest.mark.parametrize("more, what", [({"tls.certificate": '""'}, "needs tls.certificate"), ({"tls.key": '""'}, "needs tls.key"),
                                        ({"tls.client": "required"}, "needs tls.client_ca"),
                                        ({"tls.certificate": "/nowhere.pem"}, "tls.certificate /nowhere.pem: No such file")])
def test_what_is_missing_is_a_config_error(tmp_path, own, more, what):
    all_settings = {**settings(own), "spool.directory": str(tmp_path / "spool"), **more}
    result = run_daemon(*(part for key, value in all_settings.items() for part in ("--set", f"{key}={value}")))
    assert result.returncode == 78 and what in result.stderr, result.stderr


@pytest.mark.parametrize("mode, is_fine", [(0o400, True), (0o440, True), (0o600, True), (0o640, True), (0o644, False),
                                           (0o660, False), (0o604, False)])
def test_a_key_that_others_may_read_is_refused(start, tmp_path, own, mode, is_fine):
    key = tmp_path / "own.key"
    key.write_bytes(own.key.read_bytes())
    key.chmod(mode)
    changed = {**settings(own), "tls.key": str(key), "spool.directory": str(tmp_path / "spool")}
    if is_fine:
        assert start(changed).terminate() == 0
        return
    result = run_daemon(*(part for name, value in changed.items() for part in ("--set", f"{name}={value}")))
    assert result.returncode == 78 and "chmod 0640" in result.stderr, result.stderr
