"""hello and welcome: what may be asked for, what is refused, and what of it the spool shows."""

import json
import secrets

import pytest

from frames import BATCH, BYE, HELLO, PING, PONG, frame, frames, header, hello
from sessions import digits, new_session
from slow_sync import slow_sync

SETTINGS = {"limits.record_bytes_max": "1MiB", "limits.batch_bytes_max": "2MiB", "limits.batch_records_max": "1000",
            "timeouts.idle": "7m"}
HELLO_BYTES_MAX = 64 * 1024
NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:"

NOT_A_HELLO = [
    b"", b" ", b"null", b"true", b"1", b'"protocol"', b"[]", b'[{"protocol":1}]', b"{}", b"{", b'{"protocol":1',
    b'{"protocol":1}}', b'{"protocol":1}{}', b'{"protocol":1,}', b"{'protocol':1}", b'{protocol:1}',
    b'\xef\xbb\xbf{"protocol":1}', b'{"protocol":1}\x00', b'{"protocol":1,"x":"\xff"}',
    b'{"protocol":1,"x":"\\ud800"}', b"\x00" * 20, b"[" * HELLO_BYTES_MAX, b'{"protocol":1,"x":' + b"[" * 60_000,
]
NO_NAME = [1, None, True, [], {}, "", "x" * 129, "two words", "tab\t", "line\n", "é", "a\u0000b", "100%", "a,b", '"']
NO_STREAM = [1, None, True, [], {}, "", "x" * 129, "引" * 43, "two words", "tab\t", "line\n", "a\u0000b", "\u00a0", "\u200b"]
WRONG = (
    [("protocol", value) for value in ("1", 0, 2, -1, 1.5, True, None, [1], {}, 10**30)]
    + [("client", value) for value in [*NO_NAME, "a/b"]]
    + [("stream", value) for value in NO_STREAM]
    + [("session", value) for value in (
        1, None, [], "", "0" * 31, "0" * 33, "g" * 32, "0" * 31 + " ", "0x" + "0" * 30, "-" + "0" * 31, "٣" * 32)]
    + [("from", value) for value in (0, -1, "1", 1.5, None, True, [], 2**53, 2**64, 10**30)]
    + [("ack", value) for value in ("", "none", "Synced", 1, None, True)]
    + [("heartbeat", value) for value in (0, 1, "true", None, {})]
)


def hello_of_length(length):
    body = b'{"protocol":1,"padding":"%s"}'
    return body % (b"x" * (length - len(body) + 2))


def test_welcome_tells_the_limits_and_where_to_begin(shared):
    welcome = shared.connect().hello(session=new_session())
    server = welcome.pop("server")
    assert isinstance(server, str) and "crawlspool" in server
    assert isinstance(welcome.pop("known"), bool)
    assert welcome == {"protocol": 1, "last_seq": 0, "rejected": 0, "ack": "synced", "record_bytes_max": 1 << 20,
                       "batch_bytes_max": 2 << 20, "batch_records_max": 1000, "idle_timeout_ms": 7 * 60 * 1000}


def test_a_hello_of_nothing_but_the_protocol_will_do(shared):
    client = shared.connect()
    assert client.hello()["last_seq"] == 0
    client.send_records([b"1", b"2"])
    assert client.wait_ack() == 2
    assert [line.seq for line in shared.spool.lines(peer=client.name, live=True)] == [1, 2]


def test_no_idle_timeout_is_told_as_0(start):
    assert start({"timeouts.idle": "0"}).connect().hello()["idle_timeout_ms"] == 0


@pytest.mark.parametrize("body", NOT_A_HELLO, ids=[str(body[:24]) for body in NOT_A_HELLO])
def test_what_is_not_a_json_object_with_a_protocol_is_a_bad_hello(shared, body):
    client = shared.connect()
    client.send(frame(body, HELLO) + frames([b"1"]))
    client.expect_error("bad_hello")
    assert not shared.spool.lines(peer=client.name, live=True)


@pytest.mark.parametrize("member, value", WRONG, ids=[f"{member}={json.dumps(value)[:24]}" for member, value in WRONG])
def test_a_member_of_a_wrong_type_or_value_is_a_bad_hello_that_names_it(shared, member, value):
    client = shared.connect()
    client.send(hello(**{"session": new_session(), member: value}))
    assert member in client.expect_error("bad_hello")["detail"]


@pytest.mark.parametrize("before", [hello(), hello(session="0" * 32), frame(b"", PING), frame(b"", PONG),
                                    frame(b"", BATCH)], ids=["hello", "session", "ping", "pong", "batch"])
def test_only_the_first_frame_may_be_a_hello(shared, before):
    client = shared.connect()
    client.send(before + hello())
    messages = client.until_end()
    assert messages[-1]["error"]["code"] == "bad_hello"
    assert len(messages) <= 2


def test_records_before_a_late_hello_are_settled_and_what_is_behind_it_is_not_looked_at(shared):
    client = shared.connect()
    client.send(frames([b"1", b"2"]) + hello() + frames([b"3"]))
    client.wait_ack(2)
    client.expect_error("bad_hello")
    assert shared.spool.records(peer=client.name, live=True) == [b"1", b"2"]


def test_numbers_end_where_json_readers_stop_to_be_exact(shared):
    client = shared.connect()
    assert client.hello(session=new_session(), from_=2**53 - 1)["last_seq"] == 2**53 - 2


def test_a_hello_of_64_kib_passes(shared):
    client = shared.connect()
    client.send(frame(hello_of_length(HELLO_BYTES_MAX), HELLO))
    assert client.until("welcome")["protocol"] == 1


def test_a_longer_one_is_refused_off_its_header(shared):
    client = shared.connect()
    client.send(header(HELLO_BYTES_MAX + 1, HELLO))
    client.expect_error("frame_too_large")


def test_deep_nesting_in_an_unknown_member_ends_in_an_answer(shared):
    depth = 30_000
    client = shared.connect()
    client.send(frame(b'{"protocol":1,"x":%s%s}' % (b"[" * depth, b"]" * depth), HELLO))
    (message,) = client.receive().items()
    assert message[0] == "welcome" or message[1]["code"] == "bad_hello", message


@pytest.mark.parametrize("extra", [{"later": 1}, {"later": None, "ära": [{"x": {}}]}, {"Client": 1, "FROM": "x"}])
def test_unknown_members_are_passed_over(shared, extra):
    assert shared.connect().hello(client="c", **extra)["protocol"] == 1


@pytest.mark.parametrize("member", ["client", "stream"])
@pytest.mark.parametrize("name", ["a", "x" * 128, NAME_CHARACTERS, ".", "-", ":"])
def test_every_legal_name_passes_and_lies_in_the_line(shared, member, name):
    client = shared.connect()
    client.hello(**{member: name})
    client.send_record(b"1")
    client.wait_ack()
    (line,) = shared.spool.lines(peer=client.name, live=True)
    assert {"client": line.client, "stream": line.stream} == {"client": None, "stream": None, member: name}


def test_a_stream_may_hold_slashes(shared):
    client = shared.connect()
    client.hello(stream="spiders/quotes/2026")
    client.send_record(b"1")
    client.wait_ack()
    assert shared.spool.lines(peer=client.name, live=True)[0].stream == "spiders/quotes/2026"


def test_lines_name_client_stream_and_the_hash_of_the_session(shared):
    session = new_session()
    client = shared.connect()
    client.hello(client="worker-7", stream="quotes", session=session)
    client.send(frames([b"1"]) + frame(b"2\n3\n", BATCH))
    client.wait_ack(3)
    lines = shared.spool.lines(peer=client.name, live=True)
    assert [(line.client, line.stream, line.session, line.seq, line.record) for line in lines] == [
        ("worker-7", "quotes", digits(session), number, b"%d" % number) for number in (1, 2, 3)]


def test_upper_case_digits_are_the_same_session(shared):
    session = "ABCDEF" + secrets.token_hex(13)
    with shared.connect() as client:
        client.hello(session=session.upper())
        client.send_record(b"1")
        client.wait_ack()
        assert shared.spool.lines(peer=client.name, live=True)[0].session == digits(session)
    assert shared.connect().hello(session=session.lower())["last_seq"] == 1


def test_rejected_lines_name_client_and_session_too(shared):
    session = new_session()
    client = shared.connect()
    client.hello(client="worker-7", session=session)
    client.send_records([b"1", b"?"])
    client.wait_ack()
    (line,) = shared.spool.rejected(peer=client.name)
    assert (line["client"], line["session"], line["seq"]) == ("worker-7", digits(session), 2)


def test_the_session_itself_is_a_secret(start):
    daemon = start({"log.level": "debug"})
    session = new_session()
    with daemon.connect() as client:
        client.hello(client="worker-7", session=session, from_=5)
        client.send_records([b"1", b"?"])
        client.wait_ack()
        shown = json.dumps(daemon.status())
    with daemon.connect() as client:
        client.send(hello(client="another", session=session))
        shown += json.dumps(client.expect_error("session_mismatch"))
    for body in (b'{"session":"%s","protocol":1', b'["%s"]', b'{"protocol":1,"session":"%s","from":0}'):
        with daemon.connect() as client:
            client.send(frame(body % session.encode(), HELLO))
            client.expect_error("bad_hello")
    assert daemon.terminate() == 0
    kept = b"".join(path.read_bytes() for path in daemon.spool.directory.rglob("*") if path.is_file())
    assert session not in shown + daemon.log() and session.encode() not in kept
    assert digits(session).encode() in kept


def test_plain_clients_see_nothing_of_all_this(shared):
    with_session, plain = shared.connect(), shared.connect()
    with_session.hello(client="c", session=new_session(), stream="s", heartbeat=True)
    plain.send_records([b"1", b"?", b"3"])
    with_session.send_record(b"4")
    plain.send(frame(b"", PING))
    seen = []
    while not plain.acked == 3 or "pong" not in seen:
        seen += plain.receive()
    assert set(seen) == {"ack", "reject", "pong"}
    lines = shared.spool.lines(peer=plain.name, live=True)
    assert [(line.seq, line.client, line.session, line.stream) for line in lines] == [
        (number, None, None, None) for number in (1, 3)]


@pytest.mark.parametrize("asked", [None, "synced", "written"])
@pytest.mark.parametrize("sync", ["always", "1s", "never"])
def test_welcome_says_what_an_ack_will_mean(start, sync, asked):
    client = start({"spool.sync": sync}).connect()
    welcome = client.hello(**({"ack": asked} if asked else {}))
    assert welcome["ack"] == ("synced" if sync == "always" and asked != "written" else "written")
    client.send_records([b"1", b"?"])
    assert client.wait_ack() == 2


def test_an_ack_of_written_does_not_wait_for_the_sync(start, tmp_path):
    daemon = start(**slow_sync(tmp_path, 300))
    client = daemon.connect(timeout=60)
    assert client.hello(ack="written")["ack"] == "written"
    client.send_record(b"1")
    client.wait_ack()
    durable = daemon.spool.durable()  # the sync that covers the line takes 0.3 s from here
    (line,) = daemon.spool.lines(peer=client.name, live=True)
    assert durable < line.position + line.length


def test_an_ack_of_synced_waits_for_it_also_beside_one_of_written(start, tmp_path):
    daemon = start(**slow_sync(tmp_path, 100))
    written, synced = daemon.connect(timeout=60), daemon.connect(timeout=60)
    written.hello(ack="written")
    synced.hello(ack="synced")
    for number in range(1, 6):
        written.send_record(b"1")
        synced.send_record(b"2")
        written.wait_ack()
        synced.wait_ack()
        durable = daemon.spool.durable()
        line = daemon.spool.lines(peer=synced.name, live=True)[-1]
        assert line.seq == number and line.position + line.length <= durable


def test_connections_of_one_client_are_limited_and_given_back(start):
    daemon = start({"limits.connections_per_client_max": "2"})
    clients = [daemon.connect() for _ in range(2)]
    for client in clients:
        client.hello(client="worker")

    def refused():
        client = daemon.connect()
        client.send(hello(client="worker") + frames([b"1"]))
        error = client.expect_error("too_many_connections")
        assert (error["limit"], error["max"]) == ("connections_per_client_max", 2)
        assert not daemon.spool.lines(peer=client.name, live=True)

    refused()
    daemon.connect().hello(client="another")
    daemon.connect().hello()
    clients[0].send(frame(b"", BYE))
    clients[0].expect_goodbye("bye")
    clients[0].close()
    daemon.wait_event("conn_close", peer=clients[0].name)
    daemon.connect().hello(client="worker")
    refused()
    clients[1].ping()


def test_names_that_differ_in_case_are_different_clients(start):
    daemon = start({"limits.connections_per_client_max": "1"})
    for name in ("worker", "Worker", "worker."):
        daemon.connect().hello(client=name)


def test_a_taken_over_place_is_given_back_before_limits_are_checked(start):
    daemon = start({"limits.connections_per_client_max": "1"})
    session = new_session()
    first, second = daemon.connect(), daemon.connect()
    first.hello(client="worker", session=session)
    second.hello(client="worker", session=session)
    first.expect_goodbye("superseded")
    second.ping()


def test_no_limit_of_connections_for_a_client_is_0(start):
    daemon = start({"limits.connections_per_client_max": "0"})
    for _ in range(80):
        daemon.connect().hello(client="worker")
