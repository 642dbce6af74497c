"""tls.identity: a client's certificate says the client's name, and nobody else may have it."""

import json
import socket
import ssl

import pytest

from authority import Authority
from frames import MessageReader, frame, frames, hello
from waiting import seconds


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("identity"))


@pytest.fixture(scope="module")
def worker(authority):
    return authority.make("worker-7", "DNS:worker-7.crawl.example,URI:urn:worker")


@pytest.fixture(scope="module")
def own(authority):
    return authority.make("crawl-server")


@pytest.fixture
def daemon(start, authority, own, request):
    identity, more = request.param
    return start({"listen.stream": '["tls://127.0.0.1:0"]', "listen.http": '["tls://127.0.0.1:0"]', "tls.client": "wanted",
                  "tls.certificate": str(own.certificate), "tls.key": str(own.key),
                  "tls.client_ca": str(authority.certificate), "tls.identity": identity, **more})


def connect(daemon, authority, client=None, kind="stream"):
    context = ssl.create_default_context(cafile=authority.certificate)
    if client:
        context.load_cert_chain(client.certificate, client.key)
    sock = context.wrap_socket(socket.create_connection(daemon.address(kind), seconds(10)), server_hostname="127.0.0.1")
    sock.settimeout(seconds(10))
    daemon.clients.append(sock)
    return sock


def first_answer(sock, data):
    sock.sendall(data)
    reader, messages = MessageReader(), []
    while not messages:
        part = sock.recv(65536)
        assert part, "the server has ended without a word"
        messages += reader.feed(part)
    return messages[0]


NAMES = pytest.mark.parametrize("daemon, name", [(("cn", {}), "worker-7"), (("san", {}), "worker-7.crawl.example")],
                                indirect=["daemon"])


@NAMES
def test_the_certificates_name_is_the_clients(daemon, authority, worker, name):
    assert "welcome" in first_answer(connect(daemon, authority, worker), hello(stream="s"))
    assert "welcome" in first_answer(connect(daemon, authority, worker), hello(client=name))
    assert first_answer(connect(daemon, authority, worker), frames([b"1"])) == {"ack": 1}
    sock = connect(daemon, authority, worker, "http")
    sock.sendall(b"POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n2")
    assert sock.recv(65536).startswith(b"HTTP/1.1 200")
    assert [(line.client, line.record) for line in daemon.spool.lines(live=True)] == [(name, b"1"), (name, b"2")]


@NAMES
def test_another_name_is_forbidden(daemon, authority, worker, name):
    answer = first_answer(connect(daemon, authority, worker), hello(client="other"))
    assert answer == {"error": {"code": "forbidden",
                                "detail": f"the certificate is of client {name}, and it says that it is other"}}
    answer = first_answer(connect(daemon, authority), hello(client=name))
    assert answer["error"]["code"] == "forbidden" and "needs a certificate" in answer["error"]["detail"]
    assert "welcome" in first_answer(connect(daemon, authority), hello())


@pytest.mark.parametrize("daemon", [("cn", {"auth.plain_clients": json.dumps(["old-*"])})], indirect=True)
def test_plain_clients_need_no_certificate(daemon, authority):
    assert "welcome" in first_answer(connect(daemon, authority), hello(client="old-3"))
    assert first_answer(connect(daemon, authority), hello(client="new-3"))["error"]["code"] == "forbidden"


@pytest.mark.parametrize("daemon", [("cn", {"auth.required": "true"})], indirect=True)
def test_a_certificate_is_enough_where_senders_must_say_who_they_are(daemon, authority, worker):
    assert "welcome" in first_answer(connect(daemon, authority, worker), hello())
    assert first_answer(connect(daemon, authority), hello())["error"]["code"] == "unauthorized"
    assert first_answer(connect(daemon, authority), frame(b"1"))["error"]["code"] == "unauthorized"
