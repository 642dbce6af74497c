"""Streams have names in any script, in one spelling each."""

import http.client
import urllib.parse

import crawlspool
import pytest
from conversation import options
from crawlspool.names import is_stream_name, nearest_stream_name

FITTING = ["a", "a/b:c._-", "größe", "цитаты", "引文/今日", "🕷", "\"", "\\", "100%", "<b>", "x" * 128, "引" * 42, "\u0378"]
REFUSED = ["", " ", "a b", "a\n", "\x7f", "\u00a0", "\u00ad", "\u200b", "a\u200db", "\u2028", "\u202e", "\u3000", "\ue000",
           "\ufdd0", "\ufeff", "\uffff", "\U000f0000", "\ud800", "x" * 129, "引" * 43]


@pytest.mark.parametrize("name", FITTING)
def test_a_stream_may_have_this_name(name):
    assert options(stream=name).stream == name
    assert nearest_stream_name(name) == name


@pytest.mark.parametrize("name", REFUSED)
def test_a_stream_cannot_have_this_name(flavour, name):
    with pytest.raises(crawlspool.ConfigurationError, match="stream is .*; it is 1 to 128 bytes of UTF-8"):
        flavour("tcp://127.0.0.1:1", stream=name)
    assert is_stream_name(nearest_stream_name(name))


@pytest.mark.parametrize("spider, stream", [
    ("quotes", "quotes"), ("my spider", "my_spider"), ("паук", "паук"), ("e\u0301", "\u00e9"), ("", "_"), ("a\u200bb", "a_b"),
    ("引" * 43, "引" * 42), ("x" * 127 + "é", "x" * 127)])
def test_a_spiders_name_becomes_the_nearest(spider, stream):
    assert nearest_stream_name(spider) == stream


@pytest.mark.parametrize("given, stored", [("引文/今日", "引文/今日"), ("e\u0301tudes", "\u00e9tudes"), ("a\"\\", "a\\\"\\\\")])
def test_the_name_stands_in_each_line_normalised(start, flavour, given, stored):
    server = start()
    with flavour(server.url, stream=given) as client:
        client.send_all([b"1", b"2"])
    lines = server.spool.segments()[0][1].read_bytes().split(b"\n")[:2]
    assert all(f',"stream":"{stored}",'.encode() in line for line in lines)
    assert server.records() == [b"1", b"2"]


def test_client_and_server_judge_alike(start):
    server = start()
    connection = http.client.HTTPConnection(*server.address("http"), timeout=30)
    for name in FITTING + REFUSED:
        field = urllib.parse.quote(name, safe="", errors="surrogatepass")
        connection.request("POST", "/v1/records", b"1", {"Content-Type": "application/json", "Crawlspool-Stream": field})
        answer = connection.getresponse()
        assert (answer.status, name) == (200 if is_stream_name(name) else 400, name), answer.read()
        answer.read()
    connection.close()
