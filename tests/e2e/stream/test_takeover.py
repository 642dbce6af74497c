"""A session has one writer at a time: the newest connection takes it over."""

import threading

import pytest

from frames import frames, hello
from session_client import SessionClient, Superseded
from sessions import lines_of, new_session, numbered, numbers_and_records, payloads
from slow_sync import slow_sync

SETTINGS = {"io_threads": "4"}  # the two connections are mostly on different loops


def test_a_second_connection_takes_the_session_over(shared):
    session = new_session()
    first, second = shared.connect(), shared.connect()
    first.hello(session=session)
    first.send_records(payloads(1, 3))
    first.wait_read()
    assert second.hello(session=session)["last_seq"] == 3
    goodbye = first.expect_goodbye("superseded")
    assert goodbye["reconnect_after_ms"] >= 1000 and goodbye["detail"]
    assert first.acked == 3
    first.close()
    second.send_record(b"4")
    assert second.wait_ack() == 4
    assert shared.wait_event("conn_close", peer=first.name)["reason"] == "superseded"


def test_the_one_that_was_taken_over_is_read_no_further(shared):
    session = new_session()
    first, second = shared.connect(), shared.connect()
    first.hello(session=session)
    first.send_records(payloads(1, 3))
    last_seq = second.hello(session=session)["last_seq"]
    first.until("goodbye")
    first.sock.sendall(frames([b'"too late"'] * 100))
    second.send_records(payloads(last_seq + 1, 10))
    second.wait_ack()
    assert numbers_and_records(shared, session) == numbered(1, 10)


def test_a_take_over_in_mid_load_leaves_neither_gap_nor_double(start, tmp_path):
    daemon = start(SETTINGS, **slow_sync(tmp_path, 20))
    session = new_session()
    client = daemon.connect(timeout=60)
    next_number = client.hello(session=session)["last_seq"] + 1
    for _ in range(8):
        client.send_records(payloads(next_number, next_number + 2999))
        client.until("ack")
        successor = daemon.connect(timeout=60)
        next_number = successor.hello(session=session)["last_seq"] + 1
        client.until("goodbye")
        assert client.acked == next_number - 1
        client = successor
    assert numbers_and_records(daemon, session) == numbered(1, next_number - 1)


def test_a_model_client_that_was_taken_over_does_not_come_back(shared):
    client = SessionClient(shared.address())
    client.connect()
    client.put(b"1")
    client.wait_settled()
    shared.connect().hello(session=client.session)
    with pytest.raises(Superseded):
        while client.receive():
            pass


def test_one_that_opens_another_ones_session_under_another_name_is_refused_and_disturbs_nobody(shared):
    session = new_session()
    owner, thief = shared.connect(), shared.connect()
    owner.hello(session=session, client="owner")
    owner.send_record(b"1")
    owner.wait_ack()
    thief.send(hello(session=session, client="thief") + frames([b"2"]))
    thief.expect_error("session_mismatch")
    owner.send_record(b"3")
    assert owner.wait_ack() == 2
    assert [line.record for line in lines_of(shared, session)] == [b"1", b"3"]


class Fighter(threading.Thread):
    """One of two processes that both believe the session is theirs: same records on its disk, and back at once
    whenever it is taken over."""

    def __init__(self, address, session, records):
        super().__init__()
        self.client = SessionClient(address, session=session, kept=records)
        self.taken_over = 0
        self.error = None

    def run(self):
        try:
            while self.client.unacked:
                try:
                    self.client.wait_settled()
                except Superseded:
                    self.taken_over += 1
        except Exception as error:  # handed to the test
            self.error = error
        finally:
            self.client.disconnect()


@pytest.mark.parametrize("delay_ms", [0, 20], ids=["this disk", "20 ms a sync"])
def test_two_connections_that_fight_for_a_session_store_each_record_once(start, tmp_path, delay_ms):
    daemon = start(SETTINGS, **slow_sync(tmp_path, delay_ms) if delay_ms else {})
    session = new_session()
    fighters = [Fighter(daemon.address(), session, payloads(1, 3000)) for _ in range(2)]
    for fighter in fighters:
        fighter.start()
    for fighter in fighters:
        fighter.join()
        assert fighter.error is None, repr(fighter.error)
    assert sum(fighter.taken_over for fighter in fighters) > 0
    assert numbers_and_records(daemon, session) == numbered(1, 3000)
