"""Sessions: what a client sends again after a break is stored once, and what the server remembers of them."""

import pytest

from frames import BATCH, PING, ZSTD_BATCH, frame, frames, header, hello
from session_client import SessionClient
from sessions import ask, digits, lines_of, new_session, numbered, numbers_and_records, payloads, send_and_settle
from slow_sync import slow_sync
from zstd_frames import compress

LAST_NUMBER = 2**53 - 1
SETTINGS = {"limits.record_bytes_max": "1MiB", "limits.batch_bytes_max": "2MiB"}


# Again after a break


def test_records_are_numbered_on_across_connections(shared):
    session = new_session()
    assert send_and_settle(shared, session, payloads(1, 3))["last_seq"] == 0
    welcome = send_and_settle(shared, session, payloads(4, 5))
    assert (welcome["last_seq"], welcome["known"], welcome["rejected"]) == (3, True, 0)
    assert ask(shared, session)["last_seq"] == 5
    assert numbers_and_records(shared, session) == numbered(1, 5)


@pytest.mark.parametrize("sends", [None, BATCH, ZSTD_BATCH], ids=["plain", "batch", "zstd"])
def test_what_is_sent_again_after_a_cut_is_stored_once(shared, sends):
    client = SessionClient(shared.address(), name="again", sends=sends)
    client.connect()
    for number in range(1, 3001):
        client.put(b"%d" % number)
        if number % 300 == 0:
            client.lose_connection()
            client.connect()
    client.wait_settled()
    client.close()
    assert client.welcomes > 5 and client.maybe_twice == 0
    assert numbers_and_records(shared, client.session) == numbered(1, 3000)


def test_a_frame_cut_off_in_the_middle_takes_no_number(shared):
    session = new_session()
    with shared.connect() as client:
        client.hello(session=session)
        client.send(frames(payloads(1, 2)) + header(100) + b'"half')
        client.wait_ack(2)
        client.wait_read()
        client.reset()
    assert ask(shared, session)["last_seq"] == 2


@pytest.mark.parametrize("end", ["reset", "half_close", "stays"])
def test_a_welcome_waits_for_what_is_on_its_way_to_the_disk(start, tmp_path, end):
    daemon = start(**slow_sync(tmp_path, 100))
    session = new_session()
    for first in (1, 101, 201):
        old = daemon.connect(timeout=60)
        old.send(hello(session=session, from_=first))
        assert old.until("welcome")["last_seq"] == first - 1
        old.send(frames(payloads(first, first + 99)))
        old.wait_read()
        if end != "stays":
            getattr(old, end)()
        last_seq = daemon.connect(timeout=60).hello(session=session)["last_seq"]
        assert last_seq == first + 99
        last = lines_of(daemon, session)[-1]
        assert last.seq == last_seq and last.position + last.length <= daemon.spool.durable()
    assert numbers_and_records(daemon, session) == numbered(1, 300)


def test_a_welcome_waits_for_the_sync_also_where_acks_do_not(start, tmp_path):
    daemon = start(**slow_sync(tmp_path, 100))
    session = new_session()
    old = daemon.connect(timeout=60)
    assert old.hello(session=session, ack="written")["ack"] == "written"
    old.send_records(payloads(1, 10))
    old.wait_ack()
    assert daemon.connect(timeout=60).hello(session=session, ack="written")["last_seq"] == 10
    last = lines_of(daemon, session)[-1]
    assert last.position + last.length <= daemon.spool.durable()


def test_a_model_client_whose_connection_is_cut_under_slow_syncs_stores_all_once(start, tmp_path):
    daemon = start(**slow_sync(tmp_path, 50))
    client = SessionClient(daemon.address())
    client.connect()
    for number in range(1, 301):
        client.put(b"%d" % number)
        if number % 60 == 0:
            client.connection.wait_read()
            client.lose_connection()
            client.connect()
    client.wait_settled()
    assert numbers_and_records(daemon, client.session) == numbered(1, 300)


# `from`, last_seq, known, rejected


def test_what_from_skips_is_given_up_and_logged(shared):
    session = new_session()
    send_and_settle(shared, session, payloads(1, 10))
    welcome = send_and_settle(shared, session, payloads(101, 102), from_=101)
    assert (welcome["last_seq"], welcome["known"]) == (100, True)
    shared.wait_event("session_gap", session=digits(session))
    assert numbers_and_records(shared, session) == numbered(1, 10) + numbered(101, 102)
    assert ask(shared, session)["last_seq"] == 102


def test_a_from_that_skips_nothing_is_no_gap(shared):
    session = new_session()
    send_and_settle(shared, session, payloads(1, 10))
    for from_ in (1, 10, 11):
        assert ask(shared, session, from_=from_)["last_seq"] == 10
    assert not shared.events("session_gap", session=digits(session))


def test_a_session_the_server_does_not_know_is_told_so(shared):
    welcome = ask(shared, new_session(), from_=8)
    assert (welcome["last_seq"], welcome["known"]) == (7, False)


def test_a_poison_record_is_skipped_and_the_rest_goes_on(shared):
    client = SessionClient(shared.address())
    client.connect()
    for payload in (b"1", b'"%s"' % (b"x" * (1 << 20)), b"3"):
        client.put(payload)
    client.wait_settled()
    assert client.too_large.keys() == {2} and client.welcomes == 2
    assert numbers_and_records(shared, client.session) == [(1, b"1"), (3, b"3")]


def test_a_refused_batch_goes_again_as_plain_frames(start):
    daemon = start({"limits.batch_records_max": "100"})
    client = SessionClient(daemon.address(), sends=BATCH)
    for number in range(1, 501):
        client.put(b"%d" % number)
    client.wait_settled()
    assert client.plain_until >= 200 and client.welcomes > 1
    assert numbers_and_records(daemon, client.session) == numbered(1, 500)


def test_welcome_counts_the_records_that_were_rejected(shared):
    session = new_session()
    with shared.connect() as client:
        client.hello(session=session)
        client.send(frames([b"1", b"?", b"", b"4"]) + frame(b"5\n?\n", BATCH))
        client.wait_ack(6)
    welcome = ask(shared, session)
    assert (welcome["last_seq"], welcome["rejected"]) == (6, 3)


def test_a_client_learns_of_verdicts_that_were_lost_with_a_connection(shared):
    client = SessionClient(shared.address())
    client.connect()
    for payload in (b"1", b"?", b"3", b"?"):
        client.put(payload)
    while client.acked < 4:
        client.receive()
    for payload in (b"5", b"?", b"?", b"8"):
        client.put(payload)
    client.connection.wait_read()
    client.lose_connection()
    client.connect()
    client.wait_settled()
    assert set(client.verdicts) == {2, 4} and client.verdicts_missed == 2


HISTORIES = {  # what a session sent, one connection's `from` and records after the other, and what is left of it
    "rejects in the middle": ([(1, [b"1", b"?", b"", b"4"])], 4, 2),
    "a reject at the end": ([(1, [b"1", b"?", b"?"])], 3, 2),
    "a reject at the beginning": ([(1, [b"?", b"2"])], 2, 1),
    "nothing but rejects": ([(1, [b"?", b""])], 2, 2),
    "numbers given up": ([(1, [b"1", b"?", b"3"]), (101, [b"101"])], 101, 1),
    "begun late": ([(21, [b"21", b"22"])], 22, 0),
}


@pytest.mark.parametrize("stop", ["terminate", "kill"])
def test_a_restart_forgets_nothing(start, stop):
    daemon = start()
    sessions = {name: new_session() for name in HISTORIES}
    for name, (history, _, _) in HISTORIES.items():
        for from_, records in history:
            send_and_settle(daemon, sessions[name], records, client="worker", from_=from_)
    remembered = {name: (last_seq, True, rejected) for name, (_, last_seq, rejected) in HISTORIES.items()}
    for _ in range(2):
        getattr(daemon, stop)()
        daemon.start()
        welcomes = {name: ask(daemon, session, client="worker") for name, session in sessions.items()}
        assert {name: (welcome["last_seq"], welcome["known"], welcome["rejected"])
                for name, welcome in welcomes.items()} == remembered
        for session in sessions.values():
            with daemon.connect() as client:
                client.send(hello(session=session, client="thief"))
                client.expect_error("session_mismatch")
    assert send_and_settle(daemon, sessions["numbers given up"], [b"102"], client="worker")["last_seq"] == 101
    assert numbers_and_records(daemon, sessions["numbers given up"]) == [
        (1, b"1"), (3, b"3"), (101, b"101"), (102, b"102")]


def test_what_was_on_its_way_when_the_daemon_was_killed_is_sent_again_and_stored_once(start):
    daemon = start()
    client = SessionClient(daemon.address())
    client.connect()
    for round_ in range(5):
        while client.numbered < 200 * (round_ + 1):
            client.put(b"%d" % (client.numbered + 1))
        client.receive()
        daemon.kill()
        client.lose_connection()
        client.address = daemon.start().address()
        client.connect()
    client.wait_settled()
    assert client.maybe_twice == 0 and client.welcomes > 4
    assert numbers_and_records(daemon, client.session) == numbered(1, 1000)


def test_a_client_that_does_not_own_its_session_takes_a_new_one(shared):
    session = new_session()
    send_and_settle(shared, session, [b'"theirs"'] * 10)
    client = SessionClient(shared.address(), session=session)
    for payload in payloads(1, 3):
        client.put(payload)
    client.wait_settled()
    assert client.session != session and client.welcomes == 1
    assert numbers_and_records(shared, client.session) == numbered(1, 3)
    assert len(lines_of(shared, session)) == 10


# The table


def opened(daemon, source, session=None):
    """A connection whose session has a settled record, or the code that refused it."""
    client = daemon.connect(source=source)
    client.send(hello(session=session or new_session()) + frames([b"1"]))
    message = client.receive()
    if "error" in message:
        return message["error"]["code"]
    client.wait_ack(message["welcome"]["last_seq"] + 1)
    return client


def test_a_full_table_refuses_new_sessions_and_keeps_those_it_has(start):
    daemon = start({"spool.sessions_max": "20"})
    sessions = {new_session(): f"127.0.0.{2 + index // 2}" for index in range(20)}
    for session, source in sessions.items():
        opened(daemon, source, session).close()
    assert opened(daemon, "127.0.0.100") == "too_many_sessions"
    for session, source in sessions.items():
        opened(daemon, source, session).close()
        assert [line.seq for line in lines_of(daemon, session)] == [1, 2]
    without = daemon.connect(source="127.0.0.100")
    without.hello(client="worker")
    without.send_record(b"1")
    without.wait_ack()


def test_one_address_may_hold_a_tenth_of_the_table(start):
    daemon = start({"spool.sessions_max": "20"})
    for source in ("127.0.0.2", "127.0.0.3"):
        for _ in range(2):
            opened(daemon, source).close()
        assert opened(daemon, source) == "too_many_sessions"


def test_a_hello_without_records_leaves_nothing_in_the_table(start):
    daemon = start({"spool.sessions_max": "20"})
    for _ in range(50):
        ask(daemon, new_session())
    opened(daemon, "127.0.0.1").ping()


# The last number


def test_a_session_goes_up_to_the_last_number_and_no_further(shared):
    session = new_session()
    with shared.connect() as client:
        assert client.hello(session=session, from_=LAST_NUMBER)["last_seq"] == LAST_NUMBER - 1
        client.send(frames([b"1"]))
        assert client.until("ack") == LAST_NUMBER
        client.send(frames([b"2"]))
        assert "2^53 - 1" in client.expect_error("numbers_used_up")["detail"]
    assert ask(shared, session, from_=LAST_NUMBER)["last_seq"] == LAST_NUMBER
    assert ask(shared, session)["last_seq"] == LAST_NUMBER
    assert numbers_and_records(shared, session) == [(LAST_NUMBER, b"1")]


@pytest.mark.parametrize("sends", ["batch", "zstd"])
@pytest.mark.parametrize("records", [3, 60_000])
def test_of_a_batch_beyond_the_last_number_nothing_is_taken_in(shared, sends, records):
    session = new_session()
    content = b"\n".join([b"1"] * records)
    batch = frame(content, BATCH) if sends == "batch" else frame(compress(content), ZSTD_BATCH)
    with shared.connect() as client:
        client.hello(session=session, from_=LAST_NUMBER - 1)
        client.send(batch)
        client.expect_error("numbers_used_up")
    assert numbers_and_records(shared, session) == []
    with shared.connect() as client:
        client.hello(session=session, from_=LAST_NUMBER - 1)
        client.send(frame(b"\n1\n\n2\n", BATCH))
        assert client.until("ack") == LAST_NUMBER
        client.send(frame(b"\n\n", BATCH) + frame(b"", PING))
        client.until("pong")
    assert numbers_and_records(shared, session) == [(LAST_NUMBER - 1, b"1"), (LAST_NUMBER, b"2")]
