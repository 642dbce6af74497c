"""A stream's name in any script, from the client to each place that tells it."""

import json
import urllib.parse

import pytest

from command import run, send, server
from exposition import scrape
from frames import HELLO, frame
from waiting import wait_until

NAMES = ["引文/今日", "цитаты", "🕷", 'a"b\\', '","record":7,"crc32":"8c736521"}', '"client":"x"', "100%", "e\u0301", "\u00e9"]
REFUSED = ["a b", "a\n", "\u00a0", "\u200b", "\u2028", "\u202e", "\ue000", "\ufeff", "引" * 43]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_stored_told_and_found_by_both_ways_in(start, name):
    one = start()
    with one.connect() as client, one.web() as web:
        client.hello(client="worker-7", stream=name)
        client.send_records([b"1", b"?"])
        client.wait_ack()
        field = urllib.parse.quote(name, safe="")
        assert web.post(b"2", Crawlspool_Stream=field).json()["accepted"] == 1
        rows = wait_until(lambda: [row for row in one.admin("/connections").json()["connections"] if row["records"]],
                          "connections are told")
        assert {row["stream"] for row in rows} == {name}
    assert [row["stream"] for row in one.admin("/rejects").json()["rejects"]] == [name]
    assert one.events("hello")[0]["stream"] == name
    assert scrape(one).labelled("crawlspool_stream_records_total", "stream")[name] == 2
    assert send(one, "--stream", name, "-", stdin=b"3\n").returncode == 0
    assert [(line.stream, line.record) for line in one.spool.lines()] == [(name, b"%d" % n) for n in (1, 2, 3)]
    for command in ("cat", "tail"):
        result = run(command, "--records", "--spool", one.spool.directory, "--stream", name)
        assert (result.stdout, result.returncode) == (b"1\n2\n3\n", 0), result.stderr
        assert not run(command, "--spool", one.spool.directory, "--stream", name + "x").stdout
    assert run("verify", "--spool", one.spool.directory).returncode == 0
    one.terminate()
    one.start()
    assert [line.stream for line in one.spool.lines()] == [name] * 3


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_name_is_refused_in_words(start, name):
    one = start()
    response = one.post(b"1", Crawlspool_Stream=urllib.parse.quote(name, safe=""))
    assert response.status == 400
    assert b"Crawlspool-Stream is 1 to 128 bytes of UTF-8 without spaces" in response.body
    result = run("send", "--server", server(one), "--stream", name, "-", stdin=b"1\n")
    assert result.returncode == 64 and b"a stream's name is 1 to 128 bytes of UTF-8" in result.stderr
    with one.connect() as client:
        client.send(frame(json.dumps({"protocol": 1, "stream": name}).encode(), HELLO))
        assert '"stream" is 1 to 128 bytes of UTF-8' in client.expect_error("bad_hello")["detail"]
    assert not one.spool.records()
