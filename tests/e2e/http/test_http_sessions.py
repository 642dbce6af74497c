"""Sessions over HTTP: numbers in headers, so that a request that is sent again stores nothing twice."""

import json

import pytest

from frames import frames, wait_read
from sessions import digits, new_session, numbered, numbers_and_records
from slow_sync import slow_sync
from waiting import wait_until
from web import Web
from zstd_frames import compress

LAST_NUMBER = 2**53 - 1
SETTINGS = {"io_threads": "4"}  # the requests of a session come in on different loops
NDJSON = "application/x-ndjson"


def body(first, last):
    return b"".join(b"%d\n" % number for number in range(first, last + 1))


def headers(session, seq, **more):
    """The names of headers, from `Crawlspool_From=…` and the like."""
    return {"Crawlspool_Session": session, "Crawlspool_Seq": seq, **more}


def post(daemon, session, seq, content, content_type=NDJSON, **more):
    return daemon.post(content, content_type, **headers(session, seq, **more))


def answer(accepted, skipped, last_seq, rejected=()):
    return {"accepted": accepted, "rejected": list(rejected), "skipped": skipped, "last_seq": last_seq}


def without_details(response):
    value = response.json()
    value["rejected"] = [(reject["index"], reject["code"]) for reject in value["rejected"]]
    return response.status, value


# Numbers


def test_records_are_numbered_from_the_header_on_and_sent_again_are_skipped(shared):
    session = new_session()
    for seq, first, last, expected in (
            (1, 1, 3, answer(3, 0, 3)), (1, 1, 3, answer(0, 3, 3)), (2, 2, 5, answer(2, 2, 5)),
            (6, 6, 6, answer(1, 0, 6)), (1, 1, 4, answer(0, 4, 6))):
        response = post(shared, session, seq, body(first, last))
        assert (response.status, response.json()) == (200, expected)
    assert numbers_and_records(shared, session) == numbered(1, 6)


def test_lines_name_client_session_stream_and_number(shared):
    session = new_session()
    post(shared, session, 1, body(1, 2), Crawlspool_Client="worker-7", Crawlspool_Stream="spiders/quotes")
    assert [(line.client, line.stream, line.seq, line.via)
            for line in shared.spool.lines(session=digits(session), live=True)] == [
        ("worker-7", "spiders/quotes", number, "http") for number in (1, 2)]


def test_client_and_stream_may_come_without_a_session(shared):
    with shared.web() as web:
        response = web.post(body(1, 2), NDJSON, Crawlspool_Client="worker-7", Crawlspool_Stream="quotes")
        assert response.json() == {"accepted": 2, "rejected": []}
        assert [(line.client, line.stream, line.session, line.seq)
                for line in shared.spool.lines(peer=web.name, live=True)] == [("worker-7", "quotes", None, None)] * 2


def test_a_single_record_is_one_number(shared):
    session = new_session()
    for expected in (answer(1, 0, 1), answer(0, 1, 1)):
        response = post(shared, session, 1, b'{"a":1}', "application/json")
        assert (response.status, response.json()) == (200, expected)
    assert numbers_and_records(shared, session) == [(1, b'{"a":1}')]


def test_a_gap_is_409_tells_the_last_number_and_stores_nothing(shared):
    session = new_session()
    post(shared, session, 1, body(1, 3))
    with shared.web() as web:
        response = web.post(body(5, 6), NDJSON, **headers(session, 5))
        assert response.status == 409
        assert response.error_code() and (response.json()["last_seq"], response.json()["skipped"]) == (3, 0)
        response = web.post(body(4, 6), NDJSON, **headers(session, 4))
        assert (response.status, response.json()) == (200, answer(3, 0, 6))
    assert numbers_and_records(shared, session) == numbered(1, 6)


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\n"])
def test_a_body_without_records_asks_for_the_last_number(shared, content):
    session = new_session()
    assert without_details(post(shared, session, 1, content)) == (200, answer(0, 0, 0))
    post(shared, session, 1, body(1, 3))
    assert without_details(post(shared, session, 1, content)) == (200, answer(0, 0, 3))
    assert without_details(post(shared, session, 4, content)) == (200, answer(0, 0, 3))


def test_from_gives_up_what_is_below_it(shared):
    session = new_session()
    post(shared, session, 1, body(1, 3))
    response = post(shared, session, 11, body(11, 12), Crawlspool_From=11)
    assert (response.status, response.json()) == (200, answer(2, 0, 12))
    shared.wait_event("session_gap", session=digits(session))
    assert post(shared, session, 13, body(13, 13), Crawlspool_From=1).json() == answer(1, 0, 13)
    assert numbers_and_records(shared, session) == numbered(1, 3) + numbered(11, 13)


# Verdicts


def test_rejected_records_take_numbers_and_are_named_by_index(shared):
    session = new_session()
    response = post(shared, session, 1, b"1\n?\n\n3\n\n{\n")
    assert without_details(response) == (200, answer(2, 0, 4, [(1, "invalid_json"), (3, "invalid_json")]))
    response = post(shared, session, 3, b"3\n{\n5\n?\n")
    assert without_details(response) == (200, answer(1, 2, 6, [(3, "invalid_json")]))
    assert numbers_and_records(shared, session) == [(1, b"1"), (3, b"3"), (5, b"5")]
    kept = [line for line in shared.spool.rejected() if line.get("session") == digits(session)]
    assert [(line["seq"], line["raw"]) for line in kept] == [(2, b"?"), (4, b"{"), (6, b"?")]


def test_a_rejected_single_record_takes_its_number_too(shared):
    session = new_session()
    response = post(shared, session, 1, b"?", "application/json")
    assert response.status == 400 and response.error_code() == "invalid_json"
    assert response.json()["last_seq"] == 1
    assert post(shared, session, 2, b"2", "application/json").json() == answer(1, 0, 2)


# Wrong headers


@pytest.mark.parametrize("missing", ["Crawlspool_Session", "Crawlspool_Seq"])
def test_session_and_seq_need_each_other(shared, missing):
    given = headers(new_session(), 1)
    del given[missing]
    with shared.web() as web:
        response = web.post(body(1, 1), NDJSON, **given)
        assert response.status == 400 and response.error_code()
        assert not shared.spool.lines(peer=web.name, live=True)


@pytest.mark.parametrize("name, value", [
    ("Session", ""), ("Session", "0" * 31), ("Session", "0" * 33), ("Session", "g" * 32), ("Seq", "0"), ("Seq", "-1"),
    ("Seq", ""), ("Seq", "one"), ("Seq", "1.0"), ("Seq", "+1"), ("Seq", "1 2"), ("Seq", str(2**64)),
    ("Seq", "0x1"), ("From", "0"), ("From", "-1"), ("From", "x"), ("From", ""), ("Client", "two words"), ("Client", ""),
    ("Client", "a/b"), ("Client", "x" * 129), ("Stream", "two words"), ("Stream", "x" * 129),
])
def test_a_wrong_value_is_400_and_stores_nothing(shared, name, value):
    with shared.web() as web:
        response = web.post(body(1, 1), NDJSON, **headers(new_session(), 1, **{f"Crawlspool_{name}": value}))
        assert response.status == 400 and name.lower() in response.json()["error"]["detail"].lower()
        assert response.error_code()
        assert not shared.spool.lines(peer=web.name, live=True)


def test_a_header_twice_is_400(shared):
    with shared.web() as web:
        web.send(("POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1\r\n"
                  f"Crawlspool-Session: {new_session()}\r\nCrawlspool-Seq: 1\r\nCrawlspool-Seq: 2\r\n\r\n1").encode())
        assert web.response().status == 400


def test_another_ones_session_is_refused(shared):
    session = new_session()
    post(shared, session, 1, body(1, 1), Crawlspool_Client="owner")
    response = post(shared, session, 2, body(2, 2), Crawlspool_Client="thief")
    assert 400 <= response.status < 500 and response.error_code() == "session_mismatch"
    assert post(shared, session, 2, body(2, 2), Crawlspool_Client="owner").json() == answer(1, 0, 2)


# One request at a time


def request(web, session, seq, content):
    lines = {"Content-Type": NDJSON, "Crawlspool-Session": session, "Crawlspool-Seq": seq}
    web.request("POST", "/v1/records", content, headers=lines)


def wait_taken_in(daemon):
    """Until a request's records are in the spool, synced or not. That it was read is not enough: another loop may be
    faster with the next one."""
    wait_until(lambda: daemon.spool.records(live=True), "the request's records are written")


def test_a_request_waits_for_the_one_before_it_in_its_session(start, tmp_path):
    daemon = start(SETTINGS, **slow_sync(tmp_path, 100))
    session = new_session()
    with Web(daemon.address("http"), timeout=60) as first, Web(daemon.address("http"), timeout=60) as second:
        request(first, session, 1, body(1, 3))
        wait_taken_in(daemon)
        request(second, session, 4, body(4, 5))
        assert second.response().json() == answer(2, 0, 5)
        assert first.response().json() == answer(3, 0, 3)
    assert numbers_and_records(daemon, session) == numbered(1, 5)


@pytest.mark.parametrize("cut", [False, True], ids=["open", "cut"])
def test_the_same_request_again_waits_for_the_first_and_is_skipped(start, tmp_path, cut):
    daemon = start(SETTINGS, **slow_sync(tmp_path, 100))
    session = new_session()
    with Web(daemon.address("http"), timeout=60) as first, Web(daemon.address("http"), timeout=60) as second:
        request(first, session, 1, body(1, 3))
        wait_taken_in(daemon)
        if cut:
            first.sock.close()
        request(second, session, 1, body(1, 3))
        assert second.response().json() == answer(0, 3, 3)
    assert numbers_and_records(daemon, session) == numbered(1, 3)


def test_pipelined_requests_of_a_session_are_judged_in_order(shared):
    session = new_session()
    with shared.web() as web:
        for first, last in ((1, 2), (3, 5), (3, 6), (9, 9), (7, 7)):
            request(web, session, first, body(first, last))
        assert [web.response().json() for _ in range(3)] == [answer(2, 0, 2), answer(3, 0, 5), answer(1, 3, 6)]
        assert [web.response().status for _ in range(2)] == [409, 200]
    assert numbers_and_records(shared, session) == numbered(1, 7)


def test_requests_of_different_sessions_do_not_wait_for_each_other_for_ever(shared):
    sessions = [new_session() for _ in range(20)]
    webs = [shared.web() for _ in sessions]
    for web, session in zip(webs, sessions):
        request(web, session, 1, body(1, 50))
    for web, session in zip(webs, sessions):
        assert web.response().json() == answer(50, 0, 50)
        web.sock.close()


# Across transports and restarts


def test_stream_and_http_share_a_sessions_numbers(shared):
    session = new_session()
    with shared.connect() as client:
        client.hello(session=session)
        client.send_records([b"1", b"2"])
        client.wait_ack()
        client.half_close()
        client.expect_goodbye("bye")
    assert post(shared, session, 2, body(2, 4)).json() == answer(2, 1, 4)
    assert shared.connect().hello(session=session)["last_seq"] == 4


def test_a_request_and_an_open_connection_of_one_session_never_double_or_lose(start, tmp_path):
    daemon = start(SETTINGS, **slow_sync(tmp_path, 50))
    session = new_session()
    client = daemon.connect(timeout=60)
    client.hello(session=session)
    client.send(frames([b"%d" % number for number in range(1, 101)]))
    client.wait_read()
    assert post(daemon, session, 1, body(1, 120)).json() == answer(20, 100, 120)
    assert numbers_and_records(daemon, session) == numbered(1, 120)


@pytest.mark.parametrize("stop", ["terminate", "kill"])
def test_numbers_outlive_the_daemon(start, stop):
    daemon = start()
    session = new_session()
    post(daemon, session, 1, body(1, 3), Crawlspool_Client="worker")
    getattr(daemon, stop)()
    daemon.start()
    assert post(daemon, session, 2, body(2, 4), Crawlspool_Client="worker").json() == answer(1, 2, 4)
    assert post(daemon, session, 5, body(5, 5), Crawlspool_Client="thief").error_code() == "session_mismatch"
    assert numbers_and_records(daemon, session) == numbered(1, 4)


def test_a_full_table_is_told(start):
    daemon = start({"spool.sessions_max": "20"})
    answers = []
    for _ in range(3):
        with Web(daemon.address("http"), source="127.0.0.2") as web:
            answers.append(web.post(b"1", **headers(new_session(), 1)))
    assert [response.status for response in answers[:2]] == [200, 200]
    assert answers[2].status in (429, 503) and answers[2].error_code() == "too_many_sessions"
    assert daemon.post(b"1").status == 200


@pytest.mark.parametrize("sync", ["1s", "never"])
def test_a_weaker_sync_is_said_with_a_session_too(start, sync):
    session = new_session()
    response = post(start({"spool.sync": sync}), session, 1, body(1, 2))
    assert response.json() == {**answer(2, 0, 2), "ack": "written"}


def test_a_secret_session_is_not_shown(start):
    daemon = start({"log.level": "debug"})
    session = new_session()
    post(daemon, session, 1, body(1, 2), Crawlspool_From=1)
    post(daemon, session, 9, body(1, 2))
    shown = json.dumps(daemon.status())
    assert daemon.terminate() == 0
    assert session not in shown + daemon.log()


# The last number


@pytest.mark.parametrize("encoding", ["identity", "zstd"])
def test_of_a_body_beyond_the_last_number_nothing_is_taken_in(shared, encoding):
    session = new_session()
    for count in (3, 60_000):
        content = body(1, count) if encoding == "identity" else compress(body(1, count))
        refused = post(shared, session, LAST_NUMBER - 1, content, Crawlspool_From=LAST_NUMBER - 1, Content_Encoding=encoding)
        assert (refused.status, refused.error_code()) == (400, "bad_request")
        assert "2^53 - 1" in refused.json()["error"]["detail"]
    assert numbers_and_records(shared, session) == []
    taken = post(shared, session, LAST_NUMBER - 1, body(1, 2), Crawlspool_From=LAST_NUMBER - 1)
    assert (taken.status, taken.json()) == (200, answer(2, 0, LAST_NUMBER))
    assert post(shared, session, LAST_NUMBER, b"3", "application/json").json() == answer(0, 1, LAST_NUMBER)
    assert post(shared, session, LAST_NUMBER + 1, b"3").status == 400
    with shared.connect() as client:
        assert client.hello(session=session, from_=LAST_NUMBER)["last_seq"] == LAST_NUMBER
