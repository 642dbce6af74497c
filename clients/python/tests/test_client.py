"""Both clients against the real daemon: every record is stored once, whatever happens to either end."""

import contextlib
import inspect
import json
import re
import socket
import threading

import crawlspool
import crawlspool.aio
import pytest
from flavours import Blocking
from records import dead_address, numbered
from waiting import wait_until


def test_every_record_is_stored_once_and_in_order(start, flavour):
    server = start()
    with flavour(server.url, client="worker-7", stream="quotes") as client:
        client.send_all(numbered(5000))
        client.flush()
        assert server.records() == numbered(5000)
        assert (client.counters.records, client.counters.acked, client.counters.unsettled) == (5000, 5000, 0)
    line = server.spool.segments()[0][1].read_bytes().split(b"\n")[0]
    assert b'"client":"worker-7"' in line and b'"stream":"quotes"' in line


def test_close_waits_for_everything(start, flavour):
    server = start()
    with flavour(server.url) as client:
        client.send_all(numbered(300))
    assert server.records() == numbered(300)
    with pytest.raises(crawlspool.Closed):
        client.client.send(b"1") if flavour is Blocking else client.client.try_send(b"1")


def test_records_arrive_as_they_were_sent(start, flavour):
    server = start()
    given = [b' {"spaces" : 1} ', b'{\n"line": "breaks"\n}', b'[1]\r', '"ünïcödé"', b'"\\ud83d\\udd77"', None, True,
             -1.5, {"网": "页", "a": [1, None]}, "7", bytearray(b"8"), memoryview(b"9"), [], (1, 2)]
    stored = [b' {"spaces" : 1} ', b'{"line": "breaks"}', b"[1]", '"ünïcödé"'.encode(), b'"\\ud83d\\udd77"', b"null",
              b"true", b"-1.5", '{"网":"页","a":[1,null]}'.encode(), b"7", b"8", b"9", b"[]", b"[1,2]"]
    with flavour(server.url) as client:
        client.send_all(given)
    assert server.records() == stored  # the spool's lines leave line breaks between tokens out


@pytest.mark.parametrize("record", [float("nan"), {"a": {b"x"}}, {"a": b"bytes"}, object(), {"a": float("inf")}])
def test_what_json_cannot_hold_is_refused_before_it_takes_a_number(start, flavour, record):
    server = start()
    with flavour(server.url) as client:
        with pytest.raises((TypeError, ValueError)):
            client.send(record)
        client.send(b"1")
        client.flush()
        assert client.counters.records == 1
    assert server.records() == [b"1"]


def test_a_bad_record_is_told_once_and_costs_only_itself(start, flavour):
    server = start()
    told = []
    with flavour(server.url, on_reject=told.append) as client:
        client.send_all([b"1", b"{", b"3", b"", b"5", b"\xff"])
        client.flush()
        assert (client.counters.acked, client.counters.rejected) == (3, 3)
    assert [(one.number, one.code, one.record) for one in told] == [
        (2, "invalid_json", b"{"), (4, "empty_record", b""), (6, "invalid_utf8", b"\xff")]
    assert server.records() == [b"1", b"3", b"5"]


def test_a_record_over_the_servers_limits_is_told_and_the_rest_is_stored(start, flavour):
    server = start({"limits.record_bytes_max": "100KiB", "limits.batch_bytes_max": "200KiB"})
    told = []
    large = [b'"%s"' % (b"x" * (150 << 10)), b'[\n"%s"]' % (b"y" * (150 << 10)), b'"%s"' % (b"z" * (250 << 10))]
    with flavour(server.url, on_reject=told.append, compress=False) as client:
        client.send_all([b"1", large[0], b"2", large[1], b"3", large[2], b"4"])
        client.flush()
    assert [(one.code, one.record) for one in told] == [("record_too_large", record) for record in large]
    assert server.records() == [b"1", b"2", b"3", b"4"]


def test_the_server_may_be_killed_again_and_again(start, flavour):
    server = start()
    count = 40000
    with flavour(server.url, window=500, batch_records=50) as client:
        sender = threading.Thread(target=client.send_all, args=(numbered(count),))
        sender.start()
        for part in range(1, 6):
            wait_until(lambda: client.counters.acked > part * count // 8, "records are acked", 60)
            server.restart()
        sender.join()
        client.flush(60)
        counters = client.counters
    assert server.records() == numbered(count)
    assert counters.connections == 6 and counters.maybe_twice == 0 and counters.resent > 0


def test_a_restarted_server_is_found_again(start, flavour):
    server = start()
    with flavour(server.url) as client:
        client.send_all(numbered(10))
        client.flush()
        assert server.terminate() == 0
        client.send_all(numbered(10, 10))
        server.start()
        client.flush(60)
    assert server.records() == numbered(20)


def test_a_client_may_begin_before_its_server(start, flavour):
    server = start()
    url = server.url
    server.terminate()
    with flavour(url) as client:
        client.send_all(numbered(10))
        wait_until(lambda: client.engine.session.counters.connections == 0, "it has not got through")
        server.start()
        client.flush(60)
    assert server.records() == numbered(10)


def test_the_window_bounds_what_is_held(flavour):
    sock, url = dead_address()
    with sock:
        client = flavour(url, window=100, when_full="raise", close_timeout=0)
        for record in numbered(100):
            client.send(record)
        with pytest.raises(crawlspool.Full):
            client.send(b"1")
        assert client.try_send(b"1") is False
        assert client.counters.unsettled == 100
        with pytest.raises(crawlspool.Unsettled) as raised:
            client.close()
        assert raised.value.count == 100


def test_the_window_counts_bytes_too(flavour):
    sock, url = dead_address()
    with sock:
        client = flavour(url, window_bytes=1000, when_full="raise", close_timeout=0)
        client.send(b'"%s"' % (b"x" * 5000))  # larger than the window, and alone
        with pytest.raises(crawlspool.Full):
            client.send(b"1")
        with pytest.raises(crawlspool.Unsettled):
            client.close()


def test_a_full_window_blocks_until_there_is_room(start, flavour):
    server = start()
    url = server.url
    server.terminate()
    with flavour(url, window=10) as client:
        sender = threading.Thread(target=client.send_all, args=(numbered(200),))
        sender.start()
        wait_until(lambda: client.counters.records == 10, "the window is full")
        assert sender.is_alive()
        server.start()
        sender.join()
    assert server.records() == numbered(200)


def test_a_flush_that_takes_too_long_says_how_much_is_open(flavour):
    sock, url = dead_address()
    with sock:
        client = flavour(url, close_timeout=0)
        client.send_all(numbered(3))
        with pytest.raises(crawlspool.Unsettled, match="3 records"):
            client.flush(0.05)
        with pytest.raises(crawlspool.Unsettled):
            client.close()


def test_several_threads_may_send(start):
    server = start()
    with crawlspool.Client(server.url, window=100) as client:
        def send_part(part):
            for record in numbered(1000, part * 1000):
                client.send(record)

        threads = [threading.Thread(target=send_part, args=(part,)) for part in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    stored = server.records()
    assert sorted(stored) == sorted(numbered(8000))
    for part in range(8):  # each thread's in its order
        own = [n for n in (json.loads(record)["n"] for record in stored) if n // 1000 == part]
        assert own == sorted(own)


def test_servers_are_tried_in_turn(start, flavour):
    server = start()
    sock, dead = dead_address()
    with sock, flavour([dead, server.url]) as client:
        client.send_all(numbered(10))
        client.flush(30)
    assert server.records() == numbered(10)


def test_a_client_that_moves_says_what_may_be_stored_twice(start, flavour):
    first, second = start(name="first"), start(name="second")
    with flavour([first.url, second.url]) as client:
        client.send_all(numbered(10))
        client.flush()
        first.kill()
        client.send_all(numbered(10, 10))
        client.flush(30)
        counters = client.counters
    assert first.records() == numbered(10)
    assert second.records() == numbered(10, 10)
    assert counters.maybe_twice <= 10


def test_a_client_that_keeps_waits_for_the_server_that_has_its_records(start, flavour):
    first, second = start(name="first"), start(name="second")
    with flavour([first.url, second.url], move="keep") as client:
        client.send(b"0")
        client.flush()
        first.signal(19)  # SIGSTOP: it takes the next record and answers nothing
        client.send(b"1")
        wait_until(lambda: client.engine.session.sent == 2, "it is sent")
        first.restart()
        client.flush(30)
        assert client.counters.maybe_twice == 0
    assert first.records() == [b"0", b"1"] and second.records() == []


def test_a_draining_server_is_left_and_found_again(start, flavour):
    server = start()
    with flavour(server.url, window=200) as client:
        sender = threading.Thread(target=client.send_all, args=(numbered(20000),))
        sender.start()
        wait_until(lambda: client.counters.acked > 1000, "records are acked")
        assert server.terminate() == 0
        server.start()
        sender.join()
        client.flush(60)
    assert server.records() == numbered(20000)


def test_a_session_that_is_taken_over_is_left_without_loss(start, flavour):
    server = start()
    with flavour(server.url) as client:
        client.send_all(numbered(5))
        client.flush()
        digits = client.engine.session.digits
        thief = server.connect()
        thief.send(b"\x10\x00\x00\x44" + b'{"protocol":1,"session":"%s","from":6}' % digits.encode())
        assert thief.until("welcome")["last_seq"] == 5
        client.send_all(numbered(5, 5))
        client.flush(30)
        assert client.counters.sessions == 1 and client.engine.session.digits != digits
    assert server.records() == numbered(10)


def test_another_service_at_the_address_is_told(start, flavour):
    server = start()
    client = flavour("tcp://{}:{}".format(*server.address("http")), close_timeout=0)
    client.send(b"1")
    with pytest.raises(crawlspool.Refused, match="HTTP"):
        client.flush(30)
    with pytest.raises(crawlspool.Refused):
        client.send(b"2")
    with pytest.raises(crawlspool.CrawlspoolError):
        client.close()


def test_what_answers_in_a_known_servers_place_is_outlived(start, flavour):
    server = start()
    with flavour(server.url) as client:
        client.send(b"1")
        client.flush()
        server.terminate()
        client.send(b"2")
        with socket.create_server(server.address()) as impostor:
            sock, _ = impostor.accept()
            with sock, contextlib.suppress(ConnectionError):
                sock.sendall(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
                while sock.recv(1000):
                    pass
        server.start()
        client.flush(60)
    assert server.records() == [b"1", b"2"]


@pytest.mark.parametrize("arguments", [
    {"servers": ""}, {"servers": "http://127.0.0.1"}, {"servers": "tcp://h:0"}, {"servers": "tcp://h:70000"},
    {"servers": []}, {"client": "a b"}, {"client": ""}, {"stream": "a b"}, {"stream": "x" * 129}, {"window": 0},
    {"ack": "maybe"}, {"when_full": "drop"}, {"move": "x"}, {"batch_seconds": -1}, {"answer_timeout": 0},
    {"connect_timeout": float("nan")}, {"close_timeout": -0.1}])
def test_arguments_that_cannot_work_are_named(flavour, arguments):
    with pytest.raises(crawlspool.ConfigurationError) as raised:
        flavour(**{"servers": "tcp://127.0.0.1:1", **arguments})
    assert next(iter(arguments)) in str(raised.value)


def test_a_callback_that_fails_stops_nothing(start, flavour):
    server = start()

    def fail(_):
        raise RuntimeError("a callback's own mistake")

    with flavour(server.url, on_reject=fail, on_ack=fail) as client:
        client.send_all([b"{", b"1"])
        client.flush()
    assert server.records() == [b"1"]


@pytest.mark.parametrize("call", ["flush", "close"])
def test_a_callback_that_waits_for_the_client_is_refused_and_harms_nothing(start, call, caplog):
    server = start()
    with crawlspool.Client(server.url, on_ack=lambda _: getattr(client, call)()) as client:
        for record in numbered(100):
            client.send(record)
        client.flush()
        client.send(b"1")
    assert server.records() == [*numbered(100), b"1"]
    assert "cannot wait for the client" in caplog.text


def test_a_callback_may_send(start):
    server = start()
    more = [b"[1]", b"[2]"]
    with crawlspool.Client(server.url, on_ack=lambda _: more and client.send(more.pop(0))) as client:
        client.send(b"1")
        wait_until(lambda: client.counters().acked == 3, "all three are stored")
    assert server.records() == [b"1", b"[1]", b"[2]"]


def test_room_is_told_to_who_asked_for_it(start):
    server = start()
    with crawlspool.Client(server.url, window=1) as client:
        told = threading.Event()
        server.signal(19)
        assert client.try_send(b"1")
        assert not client.try_send(b"2")
        client.call_when_room(told.set, 1)
        server.signal(18)
        assert told.wait(30)
        assert client.try_send(b"2")
    assert server.records() == [b"1", b"2"]


def test_both_clients_take_the_same_arguments_and_an_editor_sees_each():
    blocking, asynchronous = (inspect.signature(one) for one in (crawlspool.Client, crawlspool.aio.Client))
    assert blocking == asynchronous
    servers, *named = blocking.parameters.values()
    assert servers.name == "servers" and all(one.kind is one.KEYWORD_ONLY and one.annotation for one in named)
    documented = re.findall(r"^ *([a-z_, ]+): ", crawlspool.Client.__init__.__doc__, re.MULTILINE)
    assert ", ".join(documented).split(", ") == list(blocking.parameters)
