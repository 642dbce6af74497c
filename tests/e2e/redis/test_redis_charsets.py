"""Items of Redis clients in the charset that their listener names: decoded before their JSON is looked at."""

import json

import pytest
from resp import Resp, RespError

ANY = "tcp://127.0.0.1:0"
SETTINGS = {"listen.redis": json.dumps([f"{ANY}?charset=gbk", f"{ANY}?charset=gbk&charset_errors=replace", f"{ANY}?charset=utf-16"])}
CITY = '{"city":"北京昞"}'  # in GBK the last one ends in the byte of a backslash


@pytest.fixture
def connect(shared):
    def make(index=0):
        client = Resp(shared.address("redis", index))
        shared.clients.append(client)
        return client

    return make


def stored(daemon, stream):
    return [(line.record.decode(), line.charset, line.replaced) for line in daemon.spool.lines(live=True) if line.stream == stream]


def test_items_are_decoded_and_their_lines_say_so(shared, connect):
    client = connect()
    assert client.call("RPUSH", "items", CITY.encode("gbk"), b'{"a":1}') == 2
    assert client.call("XADD", "items", "*", "item", CITY.encode("gbk")) == b"3-0"
    assert stored(shared, "items") == [(CITY, "gbk", None), ('{"a":1}', None, None), (CITY, "gbk", None)]


def test_an_object_is_made_of_decoded_fields(shared, connect):
    client = connect()
    assert client.call("XADD", "fields", "*", "标题".encode("gbk"), '"昞"\n'.encode("gbk"), "n", "1") == b"1-0"
    assert client.call("XADD", "fields", "*", "n", "\\") == b"2-0"
    assert stored(shared, "fields") == [('{"标题":"\\"昞\\"\\u000a","n":"1"}', "gbk", None), ('{"n":"\\\\"}', None, None)]


def test_what_is_no_text_is_refused_with_its_offset_and_kept_as_it_was_sent(shared, connect):
    client = connect()
    bad = '{"city":"北'.encode("gbk") + b'\xff"}'
    reply = client.call("RPUSH", "bad", b"1", bad)
    assert isinstance(reply, RespError)
    assert str(reply) == "ERR crawlspool invalid_charset not valid gbk at byte 11 (item 2 of 2; none is stored)"
    assert str(client.call("XADD", "bad", "*", "a", "1", "b", b"\x81\n")) == "ERR crawlspool invalid_charset not valid gbk at byte 0"
    assert stored(shared, "bad") == []
    assert [(one["code"], one["charset"]) for one in shared.spool.rejected()] == [("invalid_charset", "gbk")] * 2


def test_it_is_replaced_where_the_listener_says_so(shared, connect):
    client = connect(1)
    assert client.call("RPUSH", "replaced", b'"\xff!"') == 1
    assert client.call("XADD", "replaced", "*", "a", b"\xff!", "b", b"\xff!") == b"2-0"
    assert stored(shared, "replaced") == [('"\ufffd!"', "gbk", 1), ('{"a":"\ufffd!","b":"\ufffd!"}', "gbk", 2)]


def test_an_item_is_a_message_so_that_it_may_be_utf_16(shared, connect):
    client = connect(2)
    assert client.call("RPUSH", "wide", CITY.encode("utf-16-le")) == 1
    assert client.call("XADD", "wide", "*", "a".encode("utf-16-le"), "北".encode("utf-16-le")) == b"2-0"
    assert stored(shared, "wide") == [(CITY, "utf-16", None), ('{"a":"北"}', "utf-16", None)]
