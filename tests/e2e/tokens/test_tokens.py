"""Tokens: who is let in on each input, as whom, to which streams, how fast; and that no token shows anywhere."""

import base64
import hashlib
import json
import os
import pathlib
import secrets
import signal
import socket
import time

import pytest

from daemon import run_daemon
from frames import BYE, frame, frames, hello
from resp import Resp, RespError
from waiting import seconds, wait_until

GOOD = "cs_good" + "g" * 40
OLD = "cs_old" + "o" * 40
NARROW = "cs_narrow" + "n" * 40
EXPIRED = "cs_expired" + "e" * 40
SLOW = "cs_slow" + "s" * 40
ADMIN = "cs_admin" + "a" * 40
SECRETS = (GOOD, OLD, NARROW, EXPIRED, SLOW, ADMIN)


def entry(token, name, more=""):
    return f"- {{name: {name}, sha256: {hashlib.sha256(token.encode()).hexdigest()}{more}}}\n"


ALL = (entry(GOOD, "spider") + entry(OLD, "spider") + entry(NARROW, "narrow", ', streams: ["quotes","news/*"], clients: ["worker-*"]')
       + entry(EXPIRED, "spider", ", not_after: 2020-01-01")
       + entry(SLOW, "slow", ", records_per_s: 50"))


@pytest.fixture
def tokens(tmp_path):
    file = tmp_path / "tokens.yaml"
    file.write_text(ALL, encoding="utf-8")
    return file


@pytest.fixture
def daemon(start, tokens):
    admins = tokens.with_name("admins.yaml")
    admins.write_text(entry(ADMIN, "operator"), encoding="utf-8")
    yield (daemon := start({"auth.tokens": str(tokens), "listen.lines": '["tcp://127.0.0.1:0"]',
                            "listen.redis": '["tcp://127.0.0.1:0"]'}))
    said = daemon.log() + json.dumps([vars(line) for line in daemon.spool.lines(live=True)], default=str)
    said += "".join(path.read_text(encoding="utf-8") for path in pathlib.Path(daemon.spool.directory, "rejected").glob("*"))
    for token in SECRETS:
        assert token not in said and hashlib.sha256(token.encode()).hexdigest() not in said


def said_to(daemon, **members):
    """What the server says to this hello, and the connection that it is said on."""
    client = daemon.connect()
    client.send(hello(**members))
    return client.receive(), client


def error(code, detail):
    return {"error": {"code": code, "detail": detail}}


def stored(daemon):
    return [(line.client, line.user, line.stream, line.record.decode()) for line in daemon.spool.lines(live=True)]


def post(daemon, authorization=None, body=b"1", **headers):
    if authorization:
        headers["Authorization"] = authorization
    return daemon.post(body, **headers)


# ---- stream ----


def test_a_hello_with_a_token_is_welcome_and_its_lines_carry_the_name(daemon):
    for token in (GOOD, OLD):
        client = daemon.connect()
        client.hello(token=token, client="w", stream="s")
        client.send_record(b"1")
        client.wait_ack()
    assert stored(daemon) == [("w", "spider", "s", "1")] * 2
    line = pathlib.Path(next(iter(pathlib.Path(daemon.spool.directory).glob("*.ndjson")))).read_text(encoding="utf-8")
    assert '"client":"w","user":"spider"' in line


def test_who_has_no_known_token_hears_why_and_nothing_is_stored(daemon):
    for members in ({}, {"client": "w"}):
        answer, _ = said_to(daemon, **members)
        assert answer == error("unauthorized", "this server wants a token")
    for token in ("cs_unknown", EXPIRED):
        answer, _ = said_to(daemon, token=token)
        assert answer == error("unauthorized", "that token is not known")
    answer, _ = said_to(daemon, token="")
    assert answer["error"]["code"] == "bad_hello"
    client = daemon.connect()
    client.send(frames([b"1", b"2"]))
    assert client.receive() == error("unauthorized", "this server wants a token")
    client = daemon.connect()
    client.send(frame(b"", BYE))
    assert client.receive() == error("unauthorized", "this server wants a token")
    assert stored(daemon) == []
    daemon.wait_event("sender_refused", detail="that token is not known")


def test_a_token_holds_to_its_streams_and_clients(daemon):
    answer, _ = said_to(daemon, token=NARROW, client="worker-1", stream="prices")
    assert answer == error("forbidden", "token narrow may not write stream prices")
    answer, _ = said_to(daemon, token=NARROW, client="worker-1")
    assert answer == error("forbidden", "token narrow may not write without a stream's name")
    answer, _ = said_to(daemon, token=NARROW, client="boss", stream="quotes")
    assert answer == error("forbidden", "token narrow may not write as client boss")
    answer, _ = said_to(daemon, token=NARROW, client="worker-1", stream="news/a")
    assert "welcome" in answer


# ---- HTTP ----


def test_http_takes_a_bearer_token_and_says_401_and_403(daemon):
    assert post(daemon, f"Bearer {GOOD}", Crawlspool_Client="w").json() == {"accepted": 1, "rejected": []}
    response = post(daemon)
    assert (response.status, response.error_code()) == (401, "unauthorized")
    assert response.headers["www-authenticate"] == 'Bearer realm="crawlspool"'
    assert post(daemon, "Bearer cs_unknown").status == 401
    response = post(daemon, f"bearer {NARROW}", Crawlspool_Client="worker-1", Crawlspool_Stream="prices")
    assert (response.status, response.error_code()) == (403, "forbidden")
    assert stored(daemon) == [("w", "spider", None, "1")]


# ---- Redis ----


def redis(daemon):
    client = Resp(daemon.address("redis"))
    daemon.clients.append(client)
    return client


def test_redis_clients_say_auth(daemon):
    client = redis(daemon)
    assert client.call("PING") == "PONG"
    assert str(client.call("RPUSH", "quotes", "1")) == "NOAUTH this server wants a token"
    assert str(client.call("AUTH", "cs_unknown")) == "WRONGPASS that token is not known"
    assert client.call("AUTH", "worker-7", NARROW) == "OK"
    assert client.call("RPUSH", "quotes", "1") == 1
    assert str(client.call("RPUSH", "prices", "1")) == "NOPERM token narrow may not write stream prices"
    assert str(client.call("CLIENT", "SETNAME", "boss")) == "NOPERM token narrow may not write as client boss"
    assert client.call("CLIENT", "SETNAME", "worker-8") == "OK"
    assert client.call("RPUSH", "quotes", "2") == 1
    assert client.call("RESET") == "RESET"
    assert isinstance(client.call("RPUSH", "quotes", "3"), RespError)
    assert client.call("HELLO", "3", "AUTH", "default", GOOD)
    assert client.call("RPUSH", "prices", "4") == 1
    assert stored(daemon) == [("worker-7", "narrow", "quotes", "1"), ("worker-8", "narrow", "quotes", "2"),
                              (None, "spider", "prices", "4")]


# ---- lines ----


def lines(daemon, data):
    """Sends this and reads until the server ends."""
    with socket.create_connection(daemon.address("lines"), seconds(10)) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        said = b""
        while part := sock.recv(65536):
            said += part
    return said


def test_lines_say_their_token_in_the_first_one(daemon):
    first = json.dumps({"crawlspool": 1, "token": GOOD, "client": "w"}).encode() + b"\n"
    assert lines(daemon, first + b"1\n2\n") == b""  # silent all the same
    wait_until(lambda: len(stored(daemon)) == 2, "both lines are stored")
    assert stored(daemon) == [("w", "spider", None, "1"), ("w", "spider", None, "2")]
    refused = json.loads(lines(daemon, b"1\n2\n"))
    assert refused == error("unauthorized", "this server wants a token")
    wrong = json.dumps({"crawlspool": 1, "ack": True, "token": "cs_unknown"}).encode() + b"\n1\n"
    assert json.loads(lines(daemon, wrong)) == error("unauthorized", "that token is not known")
    assert len(stored(daemon)) == 2


# ---- sessions ----


def test_a_session_belongs_to_its_tokens_name(daemon):
    session = secrets.token_hex(16)
    client = daemon.connect()
    client.hello(token=GOOD, client="w", session=session)
    client.send_record(b"1")
    client.wait_ack()
    answer, _ = said_to(daemon, token=SLOW, client="w", session=session)
    assert answer["error"]["code"] == "session_mismatch" and "belongs to another token's name" in answer["error"]["detail"]
    client.send_record(b"2")  # it was not taken over
    client.wait_ack()
    client.close()
    for restart in ("kill", "terminate"):
        getattr(daemon, restart)()
        daemon.start()
        answer, _ = said_to(daemon, token=SLOW, client="w", session=session)
        assert answer["error"]["code"] == "session_mismatch"
        client = daemon.connect()
        assert client.hello(token=OLD, client="w", session=session)["last_seq"] == 2
        client.close()


def test_a_session_from_before_tokens_is_adopted_by_its_secret(start, tokens):
    session = secrets.token_hex(16)
    before = start({})
    with before.connect() as client:
        client.hello(client="w", session=session)
        client.send_record(b"1")
        client.wait_ack()
    assert before.terminate() == 0
    daemon = start({"auth.tokens": str(tokens)})
    client = daemon.connect()
    assert client.hello(token=GOOD, client="w", session=session)["last_seq"] == 1
    client.send_record(b"2")
    client.wait_ack()
    client.close()
    answer, _ = said_to(daemon, token=SLOW, client="w", session=session)
    assert answer["error"]["code"] == "session_mismatch"


# ---- rates ----


def test_over_its_rate_a_token_is_not_read_and_nothing_is_dropped(daemon):
    client = daemon.connect()
    client.hello(token=SLOW)
    client.send(frames([b"%d" % n for n in range(150)]))
    client.sent = 150
    client.wait_ack()
    client.send_record(b"150")  # its bucket is two seconds in debt
    slow = client.until("slow")
    assert slow["reason"] == "rate" and slow["retry_after_ms"] >= 1000
    client.until("resume")
    client.wait_ack()
    response = post(daemon, f"Bearer {GOOD}")
    assert response.status == 200, "another name's rate is its own"
    body = b"\n".join(b"1" for _ in range(300))
    assert daemon.post(body, "application/x-ndjson", Authorization=f"Bearer {SLOW}").status in (200, 429)
    response = wait_until(lambda: (said := post(daemon, f"Bearer {SLOW}")).status == 429 and said, "the rate is used up")
    assert response.error_code() == "rate" and int(response.headers["retry-after"]) >= 1


def test_metrics_count_by_name(daemon):
    for _ in range(3):
        assert post(daemon, f"Bearer {GOOD}").status == 200
    post(daemon, "Bearer cs_unknown")
    metrics = daemon.admin("/metrics").body.decode()
    assert 'crawlspool_token_records_total{token="spider"} 3' in metrics
    assert 'crawlspool_token_records_total{token="slow"} 0' in metrics
    assert "crawlspool_tokens_failed_total 1" in metrics


# ---- guessing ----


def test_after_ten_failures_a_minute_each_further_answer_waits(daemon):
    began = time.monotonic()
    for _ in range(10):
        said_to(daemon, token="cs_guess")
    client = daemon.connect()
    began = time.monotonic()
    client.send(hello(token="cs_guess"))
    assert client.receive()["error"]["code"] == "unauthorized"
    assert time.monotonic() - began >= 0.9
    redis_client = redis(daemon)
    for _ in range(3):
        redis_client.send("AUTH", "cs_guess")
    for _ in range(3):
        assert str(redis_client.reply()).startswith("WRONGPASS")
    assert time.monotonic() - began >= 3.6
    with daemon.web() as web:
        for _ in range(2):
            web.request("POST", "/v1/records", b"", headers={"Content-Type": "application/json", "Authorization": "Bearer x"})
            assert web.response().status == 401
            break
    assert time.monotonic() - began >= 4.5
    answer, _ = said_to(daemon, token=GOOD)
    assert "welcome" in answer


# ---- the file ----


def test_a_changed_file_counts_after_hup_and_a_broken_one_leaves_the_old(daemon, tokens):
    new = "cs_new" + "n" * 40
    tokens.write_text(entry(new, "spider"), encoding="utf-8")
    daemon.signal(signal.SIGHUP)
    daemon.wait_event("tokens_reloaded", tokens="1")
    assert "welcome" in said_to(daemon, token=new)[0]
    assert said_to(daemon, token=GOOD)[0] == error("unauthorized", "that token is not known")
    tokens.write_text(f"- {{name: a b, sha256: {GOOD}}}\n", encoding="utf-8")
    daemon.signal(signal.SIGHUP)
    event = daemon.wait_event("tokens_reload_failed")
    assert "tokens.yaml:1: name" in event["detail"]
    assert "welcome" in said_to(daemon, token=new)[0]


def test_a_changed_file_is_found_by_itself(daemon, tokens):
    tokens.write_text(ALL + entry("cs_late", "late"), encoding="utf-8")
    wait_until(lambda: "welcome" in said_to(daemon, token="cs_late")[0], "the new token is taken", 30)


@pytest.mark.parametrize("text, said", [
    ("- {name: x}\n", "tokens.yaml:1: sha256: is missing"),
    (None, "cannot read"),
])
def test_a_file_that_cannot_be_used_ends_the_start(tokens, tmp_path, text, said):
    if text is None:
        tokens.unlink()
    else:
        tokens.write_text(text, encoding="utf-8")
    ended = run_daemon("--set", f"spool.directory={tmp_path}/spool", "--set", f"auth.tokens={tokens}",
                       *(part for key in ("stream", "http", "admin") for part in ("--set", f'listen.{key}=["tcp://127.0.0.1:0"]')))
    assert ended.returncode == 78 and said in ended.stderr, ended.stderr


# ---- users of this machine ----


def test_users_of_this_machine_need_no_token(start, tmp_path, tokens):
    path = tmp_path / "s.sock"
    uid = os.getuid()
    daemon = start({"auth.tokens": str(tokens), "auth.uids": f"{{crawler: [{uid}]}}", "listen.stream": f'["unix://{path}"]'})
    client = daemon.connect()
    client.send(frames([b"1"]))
    client.sent = 1
    client.wait_ack()
    client = daemon.connect()
    client.hello(client="w", stream="s")
    client.send_record(b"2")
    client.wait_ack()
    assert stored(daemon) == [(None, "crawler", None, "1"), ("w", "crawler", "s", "2")]
    client = daemon.connect()
    client.hello(token=GOOD)
    client.send_record(b"3")
    client.wait_ack()
    assert stored(daemon)[2] == (None, "spider", None, "3"), "a token says more than a uid"


def test_users_of_this_machine_send_datagrams(start, tmp_path, tokens):
    path = tmp_path / "d.sock"
    settings = {"auth.tokens": str(tokens), "listen.datagrams": f'["unix-dgram://{path}"]'}
    daemon = start({**settings, "auth.uids": f"{{crawler: [{os.getuid()}]}}"})
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"1", str(path))
        wait_until(lambda: stored(daemon) == [(None, "crawler", None, "1")], "it is stored under the user's name")
        assert daemon.terminate() == 0
        daemon.settings["auth.uids"] = "{crawler: [54321]}"
        daemon.start()
        sock.sendto(b"2", str(path))
        daemon.wait_event("sender_refused", detail="this server wants a token")
    wait_until(lambda: b"crawlspool_datagrams_refused_total{address=\"unix-dgram" in daemon.admin("/metrics").body
               and b'} 1' in daemon.admin("/metrics").body.split(b"datagrams_refused_total{", 1)[1].split(b"\n", 1)[0],
               "it is counted as refused")
    assert len(stored(daemon)) == 1


def test_other_users_do(start, tmp_path, tokens):
    path = tmp_path / "s.sock"
    daemon = start({"auth.tokens": str(tokens), "auth.uids": "{crawler: [54321]}", "listen.stream": f'["unix://{path}"]'})
    assert said_to(daemon)[0] == error("unauthorized", "this server wants a token")


# ---- tokens in the clear ----


def outer_address():
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
            return sock.getsockname()[0]
        except OSError:
            return None


@pytest.mark.skipif(outer_address() is None, reason="this machine has no address but loopback")
@pytest.mark.parametrize("takes_plain", [False, True])
def test_a_readable_token_is_taken_only_where_that_is_allowed(start, tokens, takes_plain):
    daemon = start({"auth.tokens": str(tokens), "listen.stream": f'["tcp://{outer_address()}:0"]',
                    "auth.plain_tokens": str(takes_plain).lower()})
    event = daemon.wait_event("public_bind", port="stream")
    assert event["detail"] == "tokens travel readable: there is no encryption on this port"
    answer, _ = said_to(daemon, token=GOOD)
    if takes_plain:
        assert "welcome" in answer
        daemon.wait_event("plain_token")
    else:
        assert answer["error"]["code"] == "unauthorized" and "use tls://" in answer["error"]["detail"]


# ---- the rest ----


def test_without_auth_required_a_token_is_checked_and_none_is_needed(start, tokens):
    daemon = start({"auth.tokens": str(tokens), "auth.required": "false"})
    assert "welcome" in said_to(daemon)[0]
    assert said_to(daemon, token="cs_unknown")[0] == error("unauthorized", "that token is not known")
    with daemon.connect() as client:
        client.hello(token=GOOD)
        client.send_record(b"1")
        client.wait_ack()
    assert stored(daemon) == [(None, "spider", None, "1")]


def test_a_server_without_tokens_takes_every_one(start):
    daemon = start({})
    assert "welcome" in said_to(daemon, token="cs_whatever")[0]
    assert post(daemon, "Bearer cs_whatever").status == 200


def test_what_nobody_could_fulfil_is_an_error():
    ended = run_daemon("--check", "--set", "auth.required=true")
    assert ended.returncode == 78
    assert "auth.required" in ended.stderr and "auth.tokens, auth.uids nor tls.identity" in ended.stderr
    ended = run_daemon("--check", "--set", "auth.tokens=/etc/t", "--set", 'listen.datagrams=["udp://127.0.0.1:8945"]')
    assert ended.returncode == 78 and "takes datagrams of anyone" in ended.stderr and "allow_from=10.0.0.0/8" in ended.stderr
    ended = run_daemon("--check", "--set", "auth.uids={crawler: [65534]}")
    assert ended.returncode == 78 and "65534 stands for every user" in ended.stderr


def test_the_admin_port_asks_for_its_own_tokens(start, tmp_path):
    admins = tmp_path / "admins.yaml"
    admins.write_text(entry(ADMIN, "operator"), encoding="utf-8")
    daemon = start({"auth.admin_tokens": str(admins)})
    assert daemon.admin("/livez").status == 200
    assert daemon.admin("/readyz").status in (200, 503)
    basic = "Basic " + base64.b64encode(f"me:{ADMIN}".encode()).decode()
    for target in ("/", "/status", "/metrics", "/connections", "/rejects", "/events"):
        refused = daemon.admin(target)
        assert (refused.status, refused.error_code()) == (401, "unauthorized")
        assert daemon.admin(target, headers={"Authorization": "Bearer cs_unknown"}).status in (401,)
        for said in (f"Bearer {ADMIN}", basic):
            assert daemon.admin(target, headers={"Authorization": said}).status == 200, target
    assert refused.headers["www-authenticate"].startswith("Basic realm=")
    assert daemon.post(b"1").status == 200, "records need none"
