"""POST /v1/records: the same records, limits, spool and codes as on the stream; only the transport differs."""

import email.utils
import time

import pytest

SETTINGS = {"limits.record_bytes_max": "1MiB", "limits.batch_bytes_max": "2MiB", "limits.batch_records_max": "1000"}
NDJSON = "application/x-ndjson"


def chunked(*pieces):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def head(*lines, host="127.0.0.1"):
    return "\r\n".join(["POST /v1/records HTTP/1.1", f"Host: {host}", *lines]).encode() + b"\r\n\r\n"


def test_one_json_record_is_stored_before_the_answer(shared):
    with shared.web() as connection:
        response = connection.post(b'{"url":"https://example.org/","n":1e400}')
        assert (response.status, response.json()) == (200, {"accepted": 1, "rejected": []})
        (line,) = shared.spool.lines(peer=connection.name, live=True)
    assert line.record == b'{"url":"https://example.org/","n":1e400}'
    assert (line.via, line.seq) == ("http", None)


def test_a_json_body_may_span_lines(shared):
    with shared.web() as connection:
        assert connection.post(b'{\n "a": 1\r\n}\n').json()["accepted"] == 1
        assert shared.spool.records(peer=connection.name, live=True) == [b'{ "a": 1}']


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON",
                         "application/json;x=y"])
def test_parameters_of_the_media_type_are_ignored(shared, content_type):
    assert shared.post(b"1", content_type).status == 200


@pytest.mark.parametrize("content_type", [NDJSON, "application/ndjson", "application/jsonl", "application/x-jsonlines",
                                          "application/x-ndjson; charset=utf-8"])
def test_ndjson_is_many_records(shared, content_type):
    with shared.web() as connection:
        response = connection.post(b'{"a":1}\n[2]\n"3"\n', content_type)
        assert response.json() == {"accepted": 3, "rejected": []}
        assert shared.spool.records(peer=connection.name, live=True) == [b'{"a":1}', b"[2]", b'"3"']


def test_blank_lines_are_skipped_and_the_last_line_break_may_be_missing(shared):
    with shared.web() as connection:
        response = connection.post(b"\n1\r\n\r\n\n2\n3", NDJSON)
        assert response.json() == {"accepted": 3, "rejected": []}
        assert shared.spool.records(peer=connection.name, live=True) == [b"1", b"2", b"3"]


def test_a_bad_line_is_named_by_index_and_the_rest_is_stored(shared):
    with shared.web() as connection:
        response = connection.post(b'{"a":1}\n\n{"a":}\n3\n"\xff"\n', NDJSON)
        assert response.status == 200
        answer = response.json()
        assert answer["accepted"] == 2
        assert [(reject["index"], reject["code"]) for reject in answer["rejected"]] == [
            (1, "invalid_json"), (3, "invalid_utf8")]
        assert all(reject["detail"] for reject in answer["rejected"])
        assert shared.spool.records(peer=connection.name, live=True) == [b'{"a":1}', b"3"]
        assert [line["raw"] for line in shared.spool.rejected(peer=connection.name)] == [b'{"a":}', b'"\xff"']


def test_a_line_of_spaces_is_a_bad_record(shared):
    answer = shared.post(b"1\n  \n2\n", NDJSON).json()
    assert answer["accepted"] == 2 and [reject["index"] for reject in answer["rejected"]] == [1]


def test_ndjson_of_nothing_but_bad_lines_is_still_200(shared):
    response = shared.post(b"?\n?\n", NDJSON)
    assert response.status == 200
    assert response.json()["accepted"] == 0 and len(response.json()["rejected"]) == 2


def test_an_ndjson_body_without_records_is_legal(shared):
    for body in (b"", b"\n", b"\r\n\n"):
        response = shared.post(body, NDJSON)
        assert (response.status, response.json()) == (200, {"accepted": 0, "rejected": []})


@pytest.mark.parametrize("body, code", [
    (b'{"a":}', "invalid_json"), (b"1\n2\n", "invalid_json"), (b'"\xff"', "invalid_utf8"), (b"", "empty_record"),
    (b"[" * 201 + b"]" * 201, "too_deep"),
])
def test_a_bad_single_record_is_400_with_its_code(shared, body, code):
    response = shared.post(body)
    assert response.status == 400
    assert response.error_code() == code


def test_a_line_over_the_record_limit_is_an_ordinary_reject(shared):
    big = b'"%s"' % (b"x" * (1 << 20))
    answer = shared.post(b"1\n" + big + b"\n2\n", NDJSON).json()
    assert answer["accepted"] == 2
    assert [(reject["index"], reject["code"]) for reject in answer["rejected"]] == [(1, "record_too_large")]


def test_a_single_record_over_the_limit_is_413(shared):
    with shared.web() as connection:
        connection.send(head("Content-Type: application/json", f"Content-Length: {(1 << 20) + 1}"))
        response = connection.response()
        assert response.status == 413
        assert response.error_code()


@pytest.mark.parametrize("encoding", ["length", "chunked"])
def test_a_body_over_the_batch_limit_is_413(shared, encoding):
    with shared.web() as connection:
        if encoding == "length":
            connection.send(head(f"Content-Type: {NDJSON}", f"Content-Length: {(2 << 20) + 1}"))
        else:
            connection.send(head(f"Content-Type: {NDJSON}", "Transfer-Encoding: chunked"))
            connection.send(b"%x\r\n" % (3 << 20) + b"1\n" * (1 << 20))
        assert connection.response().status == 413
        assert not shared.spool.records(peer=connection.name, live=True)


def test_a_batch_of_too_many_records_stores_nothing(shared):
    with shared.web() as connection:
        assert connection.post(b"1\n" * 1000, NDJSON).json()["accepted"] == 1000
    with shared.web() as connection:
        assert connection.post(b"1\n" * 1001, NDJSON).status in (400, 413)
        assert not shared.spool.records(peer=connection.name, live=True)


def test_a_connection_is_kept_for_the_next_request(shared):
    with shared.web() as connection:
        for n in range(20):
            assert connection.post(b"%d" % n).status == 200
        assert shared.spool.records(peer=connection.name, live=True) == [b"%d" % n for n in range(20)]


def test_a_refused_record_does_not_end_the_connection(shared):
    with shared.web() as connection:
        assert connection.post(b"?").status == 400
        assert connection.post(b"1").status == 200


def test_connection_close_is_followed(shared):
    with shared.web() as connection:
        assert connection.post(b"1", Connection="close").status == 200
        connection.expect_end()


def test_http_1_0_is_answered_and_closed(shared):
    with shared.web() as connection:
        connection.send(b"POST /v1/records HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\n"
                        b"Content-Length: 1\r\n\r\n1")
        assert connection.response().status == 200
        connection.expect_end()


def test_pipelined_requests_are_answered_in_order(shared):
    with shared.web() as connection:
        for body in (b"1", b"?", b"2", b"{", b"3"):
            connection.send(head("Content-Type: application/json", f"Content-Length: {len(body)}") + body)
        assert [connection.response().status for _ in range(5)] == [200, 400, 200, 400, 200]
        assert shared.spool.records(peer=connection.name, live=True) == [b"1", b"2", b"3"]


def test_chunks_are_put_together(shared):
    with shared.web() as connection:
        connection.send(head(f"Content-Type: {NDJSON}", "Transfer-Encoding: chunked"))
        connection.send(chunked(b'{"a"', b":", b'1}\n{"b', b'":2}\n'))
        assert connection.response().json()["accepted"] == 2
        assert connection.post(b'"next"').status == 200
        assert shared.spool.records(peer=connection.name, live=True) == [b'{"a":1}', b'{"b":2}', b'"next"']


def test_a_request_may_arrive_byte_by_byte(shared):
    with shared.web() as connection:
        for byte in head("Content-Type: application/json", "Transfer-Encoding: chunked") + chunked(b'{"a"', b":1}"):
            connection.send(bytes([byte]))
        assert connection.response().status == 200


def test_expect_100_continue_is_answered_before_the_body(shared):
    with shared.web() as connection:
        connection.send(head("Content-Type: application/json", "Content-Length: 4", "Expect: 100-continue"))
        assert connection.response().status == 100
        connection.send(b"null")
        assert connection.response().status == 200


def test_expect_100_continue_is_not_answered_for_a_body_too_large(shared):
    with shared.web() as connection:
        connection.send(head(f"Content-Type: {NDJSON}", "Content-Length: 99999999", "Expect: 100-continue"))
        assert connection.response().status == 413


def test_a_body_that_ends_early_stores_nothing(shared):
    with shared.web() as connection:
        connection.send(head(f"Content-Type: {NDJSON}", "Content-Length: 100") + b"1\n2\n")
        connection.sock.shutdown(1)
        try:
            assert connection.response().status == 400
        except EOFError:
            pass
        assert not shared.spool.records(peer=connection.name, live=True)


def test_other_paths_are_404(shared):
    with shared.web() as connection:
        for target in ("/", "/v1", "/v1/records/", "/v1/recordsx", "/v2/records", "/status", "/v1/../v1/records"):
            response = connection.get(target)
            assert response.status == 404, target
            assert response.error_code()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_405_and_told_what_is_allowed(shared, method):
    with shared.web() as connection:
        connection.request(method, "/v1/records")
        response = connection.response()
        assert response.status == 405
        assert response.headers["allow"] == "POST"
        assert response.error_code()


def test_head_is_405_without_a_body(shared):
    with shared.web() as connection:
        connection.request("HEAD", "/v1/records")
        assert connection.response(to_head=True).status == 405
        assert connection.post(b"1").status == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/jsonx", "multipart/form-data",
                         ""])
def test_another_media_type_is_415_and_told_the_two(shared, content_type):
    response = shared.post(b"1", content_type)
    assert response.status == 415
    error = response.json()["error"]
    assert "application/json" in error["detail"] and "application/x-ndjson" in error["detail"]


def test_a_missing_media_type_is_415(shared):
    with shared.web() as connection:
        connection.send(head("Content-Length: 1") + b"1")
        assert connection.response().status == 415


@pytest.mark.parametrize("encoding", ["deflate", "br", "gzip, gzip", "zstd, gzip"])
def test_a_content_encoding_that_is_not_served_is_415(shared, encoding):
    with shared.web() as connection:
        assert connection.post(b"1", Content_Encoding=encoding).status == 415
        assert not shared.spool.records(peer=connection.name, live=True)


def test_http_records_and_stream_records_share_the_spool(shared):
    client = shared.connect()
    with shared.web() as connection:
        client.send_record(b'"stream"')
        client.wait_ack()
        connection.post(b'"http"')
        both = [line for line in shared.spool.lines(live=True) if line.peer in (client.name, connection.name)]
    assert [(line.via, line.record) for line in both] == [("stream", b'"stream"'), ("http", b'"http"')]


def test_an_answer_says_what_it_is(shared):
    response = shared.post(b"1")
    assert response.headers["content-type"].startswith("application/json")
    assert response.headers["content-length"] == str(len(response.body))


def test_every_answer_has_the_time(shared):
    """Refusals by the parser, off the head and of the body as well."""
    before = time.time()
    requests = [b"\x00", head("Content-Type: text/plain", "Content-Length: 1") + b"1",
                head("Content-Type: application/json", "Content-Length: 1") + b"{"]
    answers = [shared.post(b"1"), shared.admin("/livez"), shared.admin("/nothing"), shared.admin("/")]
    for request in requests:
        with shared.web() as connection:
            connection.send(request)
            answers.append(connection.response())
    assert [answer.status for answer in answers] == [200, 200, 404, 200, 400, 415, 400]
    for answer in answers:
        date = answer.headers["date"]
        when = email.utils.parsedate_to_datetime(date)
        assert email.utils.format_datetime(when, usegmt=True) == date, "as RFC 9110 writes it"
        assert before - 2 <= when.timestamp() <= time.time(), date
