"""HTTP that must not be understood: whatever two parsers could read in two ways is 400 and closes, always."""

import select
import time

import pytest

from waiting import seconds

OK = b"POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

AMBIGUOUS = {
    "length and chunked": OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
    "chunked and length": OK + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n1\r\n1\r\n0\r\n\r\n",
    "two lengths": OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n12",
    "the same length twice": OK + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n1",
    "a list of lengths": OK + b"Content-Length: 1, 1\r\n\r\n1",
    "a negative length": OK + b"Content-Length: -1\r\n\r\n1",
    "a length with a sign": OK + b"Content-Length: +1\r\n\r\n1",
    "a hexadecimal length": OK + b"Content-Length: 0x1\r\n\r\n1",
    "an empty length": OK + b"Content-Length: \r\n\r\n1",
    "a length over 64 bits": OK + b"Content-Length: 18446744073709551617\r\n\r\n1",
    "xchunked": OK + b"Transfer-Encoding: xchunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
    "chunked twice": OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
    "chunked, chunked": OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
    "chunked, gzip": OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n1\r\n1\r\n0\r\n\r\n",
    "identity": OK + b"Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\n1",
    "quoted chunked": OK + b'Transfer-Encoding: "chunked"\r\n\r\n1\r\n1\r\n0\r\n\r\n',
    "chunked in 1.0": OK.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
    "a folded line": OK + b"X-A: 1\r\n 2\r\nContent-Length: 1\r\n\r\n1",
    "a folded encoding": OK + b"Transfer-Encoding:\r\n chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
    "a control byte in a chunk's quotes":
        OK + b'Transfer-Encoding: chunked\r\n\r\n1;a="\x01"\r\n1\r\n0\r\n\r\n',
    "a bare line feed behind a chunk's size": OK + b"Transfer-Encoding: chunked\r\n\r\n1\n1\r\n0\r\n\r\n",
    "two content types": OK + b"Content-Type: application/json\r\nContent-Length: 1\r\n\r\n1",
    "a host with a path": OK.replace(b"Host: x", b"Host: x/y") + b"Content-Length: 1\r\n\r\n1",
    "a host with a user": OK.replace(b"Host: x", b"Host: u@x") + b"Content-Length: 1\r\n\r\n1",
    "a host with a space": OK.replace(b"Host: x", b"Host: x y") + b"Content-Length: 1\r\n\r\n1",
    "a host of raw bytes": OK.replace(b"Host: x", b"Host: \xff") + b"Content-Length: 1\r\n\r\n1",
    "raw bytes in the target": OK.replace(b"records", b"records?\xc3\xa9") + b"Content-Length: 1\r\n\r\n1",
    "two hosts": OK + b"Host: y\r\nContent-Length: 1\r\n\r\n1",
    "no host": OK.replace(b"Host: x\r\n", b"") + b"Content-Length: 1\r\n\r\n1",
    "bare line feeds": (OK + b"Content-Length: 1\r\n\r\n").replace(b"\r\n", b"\n") + b"1",
    "one bare line feed": OK + b"X-A: 1\nContent-Length: 1\r\n\r\n1",
    "a bare carriage return": OK + b"X-A: 1\rContent-Length: 1\r\n\r\n1",
    "space before the colon": OK + b"Content-Length : 1\r\n\r\n1",
    "space before the encoding's colon": OK + b"Transfer-Encoding : chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n",
    "space before a name": OK.replace(b"Host", b" Host") + b"Content-Length: 1\r\n\r\n1",
    "no colon": OK + b"Garbage\r\nContent-Length: 1\r\n\r\n1",
    "an empty name": OK + b": 1\r\nContent-Length: 1\r\n\r\n1",
    "NUL in a value": OK + b"X-A: a\x00b\r\nContent-Length: 1\r\n\r\n1",
    "a bad chunk size": OK + b"Transfer-Encoding: chunked\r\n\r\nx\r\n1\r\n0\r\n\r\n",
    "a signed chunk size": OK + b"Transfer-Encoding: chunked\r\n\r\n+1\r\n1\r\n0\r\n\r\n",
    "a chunk size over 64 bits": OK + b"Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\n1\r\n0\r\n\r\n",
    "a chunk without its line break": OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n1x\r\n0\r\n\r\n",
    "not HTTP": b"\x00\x00\x00\x02{}\r\n\r\n",
    "a bad version": OK.replace(b"HTTP/1.1", b"HTTP/9.9") + b"Content-Length: 1\r\n\r\n1",
    "no version": b"POST /v1/records\r\n\r\n",
}
HIDDEN = OK + b'Content-Length: 8\r\n\r\n"hidden"'


@pytest.mark.parametrize("request_bytes", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_an_ambiguous_request_is_400_and_the_connection_closes(shared, request_bytes):
    with shared.web() as connection:
        connection.send(request_bytes + HIDDEN)
        response = connection.response()
        assert response.status == 400
        assert response.error_code()
        assert response.headers.get("connection", "").lower() == "close"
        connection.expect_end()
        assert not shared.spool.records(peer=connection.name, live=True)


OTHERS = {
    "deflate, chunked": (501, "unsupported_transfer_encoding",
                         OK + b"Transfer-Encoding: deflate, chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n"),
    "1.0 without a length": (411, "length_required", OK.replace(b"1.1", b"1.0") + b"\r\n1"),
    "1.0 without a length, kept": (411, "length_required",
                                   OK.replace(b"1.1", b"1.0") + b"Connection: keep-alive\r\n\r\n1"),
    "two content encodings": (415, "unsupported_media_type",
                              OK + b"Content-Encoding: gzip\r\nContent-Encoding: zstd\r\nContent-Length: 1\r\n\r\n1"),
}


@pytest.mark.parametrize("case", OTHERS.values(), ids=OTHERS.keys())
def test_what_is_clear_but_not_taken_is_told_and_the_connection_closes(shared, case):
    status, code, request_bytes = case
    with shared.web() as connection:
        connection.send(request_bytes + HIDDEN)
        response = connection.response()
        assert (response.status, response.error_code()) == (status, code)
        assert response.headers.get("connection", "").lower() == "close"
        connection.expect_end()
        assert not shared.spool.records(peer=connection.name, live=True)


def test_close_on_a_second_connection_line_closes(shared):
    with shared.web() as connection:
        connection.send(OK + b"Connection: keep-alive\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1")
        response = connection.response()
        assert (response.status, response.headers["connection"]) == (200, "close")
        connection.expect_end()


def test_a_lone_line_feed_is_refused_with_its_byte(shared):
    for begun in (b"POST /v1/records HTTP/1.1\n", OK + b"X-A: 1\n", OK + b"Transfer-Encoding: chunked\r\n\r\n1\n"):
        with shared.web() as connection:
            connection.send(begun)
            assert connection.response().status == 400
            connection.expect_end()


def test_a_head_without_end_is_refused(shared):
    with shared.web() as connection:
        try:
            connection.send(OK + b"X-A: " + b"a" * (1 << 20))
            assert connection.response().status in (400, 413, 431)
        except (ConnectionError, EOFError):
            pass


def test_a_post_without_a_length_has_no_record(shared):
    with shared.web() as connection:
        connection.send(OK + b"\r\n")
        assert connection.response().status in (400, 411)


@pytest.mark.parametrize("begun", [
    b"", b"POST /v1", OK, OK + b"Content-Length: 10\r\n\r\n12", OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n1"
], ids=["nothing", "half a line", "half a head", "half a body", "half a chunk"])
def test_head_and_body_have_deadlines(start, begun):
    daemon = start({"timeouts.frame": "1s"})
    with daemon.web(timeout=20) as connection:
        connection.send(begun)
        expect_timeout(connection)
    assert daemon.spool.records() == []


@pytest.mark.parametrize("begun, drip", [(OK, b"X-%d: 1\r\n"), (OK + b"Content-Length: 100000\r\n\r\n", b"%d")],
                         ids=["head", "body"])
def test_a_drip_does_not_extend_the_deadlines(start, begun, drip):
    daemon = start({"timeouts.frame": "1s"})
    with daemon.web(timeout=20) as connection:
        connection.send(begun)
        end = time.monotonic() + seconds(20)
        number = 0
        while not select.select([connection.sock], [], [], 0.1)[0]:
            assert time.monotonic() < end, "a request may drip for ever"
            number += 1
            connection.send(drip % number)
        expect_timeout(connection)


def expect_timeout(connection):
    """408 or just the end; either way it ends."""
    try:
        assert connection.response().status == 408
        connection.expect_end()
    except (EOFError, ConnectionResetError):
        pass


def test_a_kept_connection_ends_when_idle(start):
    daemon = start({"timeouts.idle": "1s"})
    with daemon.web(timeout=20) as connection:
        assert connection.post(b"1").status == 200
        connection.expect_end()


def test_a_client_that_goes_away_before_its_answer_harms_nobody(start):
    daemon = start()
    for n in range(30):
        with daemon.web() as connection:
            connection.send(OK + b"Content-Length: 2\r\n\r\n%02d" % (n + 10))
    assert daemon.post(b'"last"').status == 200
