"""The command over TLS: what it trusts and shows, what it says where that fails, and that nothing goes without it."""

import json
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from authority import Authority
from command import numbered, run
from daemon import CRAWLSPOOL, ROOT, clean_environment
from sending import ndjson
from tls_end import TlsEnd
from waiting import seconds


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def certificate(authority):
    return authority.make("crawl-server")


class Served:
    """A daemon whose listeners are reached by TLS only."""

    def __init__(self, daemon, certificate, **more):
        self.daemon = daemon
        self.ends = {name: TlsEnd(daemon.address(name), (certificate.key, certificate.certificate), **more)
                     for name in ("stream", "http", "admin")}
        self.server = f"tls://{self.ends['stream'].address}"
        self.http = f"https://{self.ends['http'].address}"
        self.admin = f"https://{self.ends['admin'].address}"

    def records(self):
        return self.daemon.spool.records()


@pytest.fixture
def served(start, certificate):
    return Served(start(), certificate)


def send(*arguments, environment=None, stdin=b"1\n2\n"):
    return subprocess.run([CRAWLSPOOL, "send", *map(str, arguments)], input=stdin, capture_output=True,
                          env={**clean_environment(), **(environment or {})}, timeout=seconds(60), check=False)


def said(result, code=1):
    assert result.returncode == code, result.stderr
    return result.stderr.decode()


# Records, figures, measurements


def test_records_are_stored(served, authority, tmp_path):
    records = numbered(0, 20_000, pad=100) + [b'"%s"' % (b"x" * 3_000_000)]
    result = send("--server", served.server, "--tls-ca", authority.certificate, ndjson(tmp_path / "items", records))
    assert result.returncode == 0, result.stderr
    assert served.records() == records


def test_a_lost_connection_is_made_again(start, certificate, authority, tmp_path):
    served = Served(start(), certificate, cut_after=100_000)
    records = numbered(0, 20_000, pad=100)
    result = send("--server", served.server, "--tls-ca", authority.certificate, ndjson(tmp_path / "items", records))
    assert result.returncode == 0, result.stderr
    assert served.records() == records and served.ends["stream"].connections == 2


def test_status_and_top_ask_by_tls(served, authority):
    trust = ["--admin", served.admin, "--tls-ca", authority.certificate]
    assert json.loads(run("status", "--json", *trust).stdout)["state"] == "ok"
    assert len(run("top", "--interval", "100ms", "--count", "2", *trust).stdout.splitlines()) == 3


def test_doctor_asks_by_tls(served, authority):
    findings = json.loads(run("doctor", "--json", "--admin", served.admin, "--tls-ca", authority.certificate).stdout)
    told = {finding["check"]: finding["detail"] for finding in findings["findings"]}
    assert told["daemon"].startswith("ok") and told["settings"] == f"those of the daemon at {served.admin}"


def test_bench_measures_by_tls(served, authority):
    result = run("bench", "--json", "--records", "50", "--time", "0", "--modes", "http-close,http-keep-alive,batches",
                 "--ack", "synced", "--server", served.server, "--http", served.http, "--admin", served.admin, "--tls-ca",
                 authority.certificate)
    assert result.returncode == 0, result.stderr
    assert len(served.records()) == 150
    assert served.ends["http"].connections >= 51 and served.ends["stream"].connections >= 1


def test_rejected_records_are_sent_again(served, authority):
    client = served.daemon.connect()
    client.hello(client="worker-7")
    client.send_records([b"tru"])
    client.wait_ack()
    result = run("rejected", "replay", "--all", "--spool", served.daemon.spool.directory, "--server", served.server,
                 "--tls-ca", authority.certificate)
    assert b"0 records stored, 1 rejected again" in result.stderr


# Trust


def test_the_environment_names_files(served, authority):
    result = send("--server", served.server, environment={"CRAWLSPOOL_TLS_CA": str(authority.certificate)})
    assert result.returncode == 0, result.stderr
    assert served.records() == [b"1", b"2"]


@pytest.mark.parametrize("trust", [[], ["--tls-ca", "{other}"]], ids=["system", "another"])
def test_a_certificate_that_is_not_trusted_gets_nothing(served, tmp_path, trust):
    other = Authority(tmp_path, "other")
    text = said(send("--server", served.server, *[part.format(other=other.certificate) for part in trust]))
    assert f"cannot connect to {served.server[6:]}: the server's certificate is not trusted: " in text
    assert "--tls-ca names a file" in text and (str(other.certificate) if trust else "the CAs of this system") in text
    assert served.records() == []


def test_a_certificate_for_another_name_gets_nothing(served, authority):
    text = said(send("--server", served.server.replace("127.0.0.1", "localhost"), "--tls-ca", authority.certificate))
    assert "the server's certificate is for another name: " in text
    assert served.records() == []


def test_the_servers_name_or_its_own_certificate_will_do(start, authority):
    certificate = authority.make("localhost", "DNS:localhost")
    served = Served(start(), certificate)
    server = served.server.replace("127.0.0.1", "localhost")
    assert send("--server", server, "--tls-ca", certificate.certificate).returncode == 0
    assert served.records() == [b"1", b"2"]


def test_a_certificate_that_is_over_gets_nothing(start, authority):
    served = Served(start(), authority.make("crawl-server", days=-1))
    text = said(send("--server", served.server, "--tls-ca", authority.certificate))
    assert "the server's certificate cannot be used now: certificate has expired" in text


def test_the_servers_demand_for_a_certificate_is_met_or_named(start, certificate, authority, tmp_path):
    served = Served(start(), certificate, client_ca=authority.certificate)
    to_server = ["--server", served.server, "--tls-ca", authority.certificate]
    assert "the server wants a certificate of this client: see --tls-certificate" in said(send(*to_server))
    stranger = Authority(tmp_path, "other").make("worker-7")
    shown = ["--tls-certificate", stranger.certificate, "--tls-key", stranger.key]
    assert "the server does not take this client's certificate: see --tls-certificate" in said(send(*to_server, *shown))
    worker = authority.make("worker-8")
    both = tmp_path / "both.pem"
    both.write_bytes(worker.certificate.read_bytes() + worker.key.read_bytes())
    assert send(*to_server, "--tls-certificate", worker.certificate, "--tls-key", worker.key).returncode == 0
    assert send(*to_server, "--tls-certificate", both).returncode == 0
    assert served.records() == [b"1", b"2"] * 2


# What cannot work is said before anything else is done


def test_files_that_cannot_be_used_are_named(served, authority, certificate, tmp_path):
    to_server = ["--server", served.server, "--tls-ca"]
    missing = tmp_path / "missing.pem"
    assert f"cannot use {missing} as the CAs' certificates (--tls-ca): No such file" in said(send(*to_server, missing), 64)
    assert "it is no PEM file of certificates" in said(send(*to_server, certificate.key), 64)
    to_server.append(authority.certificate)
    assert "--tls-key goes with --tls-certificate" in said(send(*to_server, "--tls-key", certificate.key), 64)
    wrong = ["--tls-certificate", certificate.certificate, "--tls-key", authority.key]
    assert "the key that belongs to the certificate" in said(send(*to_server, *wrong), 64)
    locked = tmp_path / "locked.key"
    subprocess.run(["openssl", "ec", "-in", certificate.key, "-aes128", "-passout", "pass:x", "-out", locked], check=True,
                   capture_output=True)
    wrong[-1] = locked
    assert "without a password" in said(send(*to_server, *wrong), 64)


@pytest.mark.parametrize("server", ["tcp://127.0.0.1:1", "127.0.0.1:1", "unix:///run/no.sock"])
def test_files_beside_a_server_without_tls_are_refused(authority, server):
    text = said(send("--server", server, "--tls-ca", authority.certificate), 64)
    assert "go with tls://HOST:PORT" in text and "is spoken to without TLS" in text


# Nothing goes without TLS


def test_a_plain_server_is_named(start):
    daemon = start()
    host, port = daemon.address()
    text = said(send("--server", f"tls://{host}:{port}"))
    assert "the server speaks no TLS there; a listener without TLS is tcp://HOST:PORT" in text
    assert daemon.spool.records() == []


def test_a_silent_server_is_given_up(start):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = run("status", "--admin", "https://127.0.0.1:%d" % silent.getsockname()[1], timeout=60)
        assert "does not answer TLS's first message" in said(result)


def test_a_tls_server_is_named_where_the_address_is_plain():
    alert = b"\x15\x03\x03\x00\x02\x02\x46"

    def answer(*arguments):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = "127.0.0.1:%d" % listener.getsockname()[1]
            process = subprocess.Popen([CRAWLSPOOL, *arguments, address], stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                                       env=clean_environment())
            process.stdin.write(b"1\n")
            process.stdin.close()
            with listener.accept()[0] as peer:
                peer.recv(1)
                peer.sendall(alert)
                text = process.stderr.read().decode()
            process.stderr.close()
            assert process.wait(seconds(20)) == 1
            return text

    assert "speaks TLS: its address is tls://HOST:PORT" in answer("send", "--server")
    assert "it speaks TLS: its address is https://HOST:PORT" in answer("status", "--admin")


# Addresses


def test_a_server_may_be_named_without_a_scheme(start):
    daemon = start()
    assert send("--server", "%s:%d" % daemon.address()).returncode == 0
    assert run("status", "--admin", "%s:%d" % daemon.address("admin")).returncode == 0
    assert daemon.spool.records() == [b"1", b"2"]


# README.md


@pytest.fixture
def shell(served, authority, tmp_path):
    """Runs a line of "Sending by TLS" as its reader does, in a folder with the CA's certificate and some items."""
    (tmp_path / "items.ndjson").write_bytes(b'{"n":1}\n')
    environment = {**clean_environment(), "PATH": f"{Path(CRAWLSPOOL).parent}:{os.environ['PATH']}"}
    addresses = {"crawl-server:8940": served.ends["stream"].address, "crawl-server:8941": served.ends["http"].address}

    def run_line(line):
        for name, address in addresses.items():
            line = line.replace(name, address)
        return subprocess.run(["bash", "-c", line], cwd=authority.directory, env=environment, capture_output=True,
                              timeout=seconds(30), check=False)

    return run_line


def test_the_lines_of_the_readme_send(served, shell):
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Sending by TLS\n")[1].split("\n## ")[0]
    lines = re.findall(r"^    (.*)$", section, re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        result = shell(line)
        assert result.returncode == 0, (line, result.stderr)
    assert served.records() == [b'{"n":1}'] * 2
