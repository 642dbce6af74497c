"""Items that Redis clients push: replied to once they are on the disk, all of a command or none."""

import json
import select
import shutil
import socket
import subprocess

import pytest
from resp import Resp, RespError, command
from slow_sync import slow_sync
from waiting import seconds, wait_until

LISTEN = {"listen.redis": '["tcp://127.0.0.1:0?strip=:items"]'}
UNKNOWN = ("ERR unknown command 'ZCARD': this is crawlspoold, which takes items (RPUSH, LPUSH, XADD) and keeps nothing for "
           "Redis clients to read; point the scheduler at a real Redis")


@pytest.fixture
def daemon(start):
    return start(LISTEN)


def connect(daemon, index=0):
    client = Resp(daemon.address("redis", index))
    daemon.clients.append(client)
    return client


def stored(daemon):
    return [(line.stream, json.loads(line.record)) for line in daemon.spool.lines(live=True)]


def error(reply):
    assert isinstance(reply, RespError), reply
    return str(reply)


def test_pushed_items_are_on_the_disk_when_the_reply_comes(daemon):
    client = connect(daemon)
    assert client.call("RPUSH", "quotes:items", '{"a":1}', "[2]") == 2
    assert stored(daemon) == [("quotes", {"a": 1}), ("quotes", [2])]
    assert client.call("lpush", "raw", "3") == 1
    lines = daemon.spool.lines(live=True)
    assert [(line.seq, line.via, line.client) for line in lines] == [(n, "redis", None) for n in (1, 2, 3)]
    assert lines[2].stream == "raw"


def test_xadd_takes_an_entry_and_answers_the_items_number(daemon):
    client = connect(daemon)
    assert client.call("XADD", "s", "*", "item", '{"a":1}') == b"1-0"
    assert client.call("XADD", "s", "MAXLEN", "~", "1000", "*", "url", "http://a", "title", '"引文"') == b"2-0"
    assert stored(daemon) == [("s", {"a": 1}), ("s", {"url": "http://a", "title": '"引文"'})]
    assert "the id of XADD is *" in error(client.call("XADD", "s", "5-1", "a", "1"))


def test_bad_items_are_named_and_none_of_their_command_is_stored(daemon):
    client = connect(daemon)
    assert error(client.call("RPUSH", "s", '{"a":')) == "ERR crawlspool invalid_json not valid JSON at byte 5"
    assert error(client.call("RPUSH", "s", "1", b'"\xff"', "3")).startswith("ERR crawlspool invalid_utf8 ")
    assert error(client.call("RPUSH", "s", "1", "2", "")).endswith("(item 3 of 3; none is stored)")
    assert client.call("RPUSH", "s", "4") == 1
    assert stored(daemon) == [("s", 4)]
    assert [entry["code"] for entry in daemon.spool.rejected()] == ["invalid_json", "invalid_utf8", "empty_record"]


def test_pipelined_replies_keep_the_order_of_their_commands(daemon):
    client = connect(daemon)
    commands = [("RPUSH", "s", "1"), ("PING",), ("RPUSH", "s", "x"), ("ECHO", "a"), ("XADD", "s", "*", "item", "2"), ("PING", "b")]
    client.sock.sendall(b"".join(command(*one) for one in commands) * 500)
    for n in range(500):
        assert [client.reply() for _ in range(2)] == [1, "PONG"]
        assert error(client.reply()).startswith("ERR crawlspool invalid_json")
        assert [client.reply() for _ in range(3)] == [b"a", b"%d-0" % (3 * n + 3), b"b"]
    assert len(stored(daemon)) == 1000


def test_replies_wait_for_the_sync_and_all_behind_them_too(start, tmp_path):
    daemon = start(LISTEN, **slow_sync(tmp_path, 5000, only_while=tmp_path / "slow"))
    client = connect(daemon)
    assert client.call("PING") == "PONG"
    (tmp_path / "slow").touch()
    client.sock.sendall(command("PING") + command("RPUSH", "s", "1") + command("PING"))
    assert client.reply() == "PONG"
    wait_until(lambda: daemon.spool.lines(live=True), "the line is written")
    assert not select.select([client.sock], [], [], 0)[0]
    (tmp_path / "slow").unlink()
    assert [client.reply(), client.reply()] == [1, "PONG"]


def test_whoever_says_a_name_is_the_client_of_its_lines(daemon):
    client = connect(daemon)
    assert client.call("AUTH", "worker-7", "x") == "OK"
    client.call("RPUSH", "s", "1")
    assert client.call("CLIENT", "SETNAME", "worker-8") == "OK"
    client.call("RPUSH", "s", "2")
    assert client.call("HELLO", "3", "AUTH", "worker-9", "x", "SETNAME", "named")[0] == b"server"
    client.call("RPUSH", "s", "3")
    assert [line.client for line in daemon.spool.lines(live=True)] == ["worker-7", "worker-8", "named"]
    assert "bad_client" in error(client.call("CLIENT", "SETNAME", "a b"))


def test_settings_of_the_entry_name_what_clients_do_not(start):
    daemon = start({"listen.redis": '["tcp://127.0.0.1:0?client=redis&stream=raw&strip=:items"]'})
    client = connect(daemon)
    assert client.call("RPUSH", ":items", "1") == 1
    assert client.call("RPUSH", "own", "2") == 1
    assert [(line.client, line.stream) for line in daemon.spool.lines(live=True)] == [("redis", "raw"), ("redis", "own")]


def test_a_key_that_is_no_stream_is_refused(daemon):
    client = connect(daemon)
    assert error(client.call("RPUSH", "a b", "1")).startswith("ERR crawlspool bad_stream the key")
    assert error(client.call("RPUSH", "k" * 129, "1")).startswith("ERR crawlspool bad_stream the key")
    assert stored(daemon) == []


def test_what_is_not_served_is_said_in_a_sentence(daemon):
    client = connect(daemon)
    assert error(client.call("ZCARD", "q")) == UNKNOWN
    assert "pipeline(transaction=False)" in error(client.call("MULTI"))
    assert "pipeline(transaction=False)" in error(client.call("EXEC"))
    assert client.call("PING") == "PONG"


def test_nothing_between_multi_and_exec_is_stored(daemon):
    client = connect(daemon)
    for one in ("MULTI", "RPUSH s 1", "XADD s * item 2", "EXEC"):
        assert "pipeline(transaction=False)" in error(client.call(*one.split()))
    assert client.call("RPUSH", "s", "3") == 1
    assert stored(daemon) == [("s", 3)]


def test_inline_commands_are_served(daemon):
    client = connect(daemon)
    client.sock.sendall(b"PING\r\n\r\nRPUSH s '{\"a\":1}'\n")
    assert [client.reply(), client.reply()] == ["PONG", 1]
    assert stored(daemon) == [("s", {"a": 1})]


def test_quit_is_answered_behind_what_waits(daemon):
    client = connect(daemon)
    client.sock.sendall(command("RPUSH", "s", "1") + command("QUIT") + command("RPUSH", "s", "2"))
    assert [client.reply(), client.reply()] == [1, "OK"]
    assert client.is_at_end() and stored(daemon) == [("s", 1)]


def test_whoever_shuts_its_side_gets_its_replies(daemon):
    client = connect(daemon)
    client.sock.sendall(command("RPUSH", "s", "1") + b"*3\r\n$5\r\nRPUSH\r\n")
    client.sock.shutdown(socket.SHUT_WR)
    assert client.reply() == 1 and client.is_at_end()


@pytest.mark.parametrize("first, name", [
    (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP"), (b"POST /x HTTP/1.1\r\n", "HTTP"), (b"\x16\x03\x01\x00\xa5\x01", "TLS"),
    (b"\x00\x00\x00\x02{}", "frames"), (b'{"a":1}\n', "lines"), (b"SSH-2.0-x\r\n", "SSH"), (b"*2\r\n*1\r\n", "expected '$'"),
])
def test_what_is_no_resp_is_named_and_closed(daemon, first, name):
    client = connect(daemon)
    client.sock.sendall(first)
    assert name in error(client.reply()) and client.is_at_end()
    assert daemon.wait_event("conn_error") and daemon.spool.lines(live=True) == []


def test_a_browsers_post_becomes_no_commands(daemon):
    client = connect(daemon)
    client.sock.sendall(b"PO")
    wait_until(lambda: daemon.status()["connections"]["redis"] == 1, "it is there")
    client.sock.sendall(b"ST / HTTP/1.1\r\nHost: a\r\n\r\nRPUSH s 1\r\n")
    assert "wrong_protocol" in error(client.reply()) and client.is_at_end()
    assert stored(daemon) == []


def test_an_item_over_the_limit_costs_only_its_command(start):
    daemon = start({**LISTEN, "limits.record_bytes_max": "1KiB"})
    client = connect(daemon)
    client.sock.sendall(command("RPUSH", "s", b'"' + b"x" * 300_000 + b'"') + command("RPUSH", "s", "2"))
    assert error(client.reply()) == "ERR crawlspool record_too_large at most 1024 bytes"
    assert client.reply() == 1
    assert stored(daemon) == [("s", 2)]


def test_a_large_command_is_taken_in_whole_or_not_at_all(daemon):
    items = ['{"n":%d,"pad":"%s"}' % (n, "x" * 400) for n in range(40_000)]
    client = connect(daemon)
    client.send("RPUSH", "s", *items)
    client.send("RPUSH", "s", *items[:20_000], "bad", *items[:20_000])
    client.send("PING")
    assert client.reply() == 40_000
    assert "item 20001 of 40001" in error(client.reply())
    assert client.reply() == "PONG"
    assert [json.loads(record)["n"] for record in daemon.spool.records()] == list(range(40_000))


def test_connections_count_for_the_limits_and_say_so(start):
    daemon = start({**LISTEN, "limits.connections_max": "1"})
    assert connect(daemon).call("PING") == "PONG"
    refused = connect(daemon)
    assert error(refused.reply()) == "ERR crawlspool too_many_connections limits.connections_max is 1"
    assert refused.is_at_end()


def test_connections_of_one_client_are_limited_by_its_name(start):
    daemon = start({**LISTEN, "limits.connections_per_client_max": "1"})
    first, second = connect(daemon), connect(daemon)
    assert first.call("CLIENT", "SETNAME", "a") == "OK"
    assert second.call("CLIENT", "SETNAME", "a") == "OK"
    assert "limits.connections_per_client_max is 1" in error(second.reply())


def test_idle_and_unfinished_commands_end_the_connection(start):
    daemon = start({**LISTEN, "timeouts.idle": "300ms", "timeouts.frame": "300ms"})
    idle, begun = connect(daemon), connect(daemon)
    assert idle.call("PING") == "PONG"
    begun.sock.sendall(b"*3\r\n$5\r\nRPU")
    assert "frame_timeout" in error(begun.reply()) and begun.is_at_end()
    assert idle.is_at_end()


def test_an_old_connection_ends_between_commands(start):
    daemon = start({**LISTEN, "timeouts.connection": "500ms", "timeouts.frame": "10s"})
    idle, begun = connect(daemon), connect(daemon)
    assert idle.call("PING") == "PONG"
    begun.sock.sendall(command("RPUSH", "s", "1")[:-3])
    assert idle.is_at_end()
    begun.sock.sendall(b"1\r\n")
    assert begun.reply() == 1 and begun.is_at_end()
    wait_until(lambda: len(daemon.events("conn_close", reason="rebalance")) == 2, "both are logged")


def test_a_stop_answers_what_was_read_and_closes_between_commands(start, tmp_path):
    daemon = start(LISTEN)
    idle, begun, busy = connect(daemon), connect(daemon), connect(daemon)
    assert idle.call("PING") == "PONG"
    begun.sock.sendall(command("RPUSH", "s", "1") + b"*3\r\n$5\r\nRPU")
    assert begun.reply() == 1
    busy.sock.sendall(command("RPUSH", "s", "2") * 1000)
    assert busy.reply() == 1
    assert daemon.terminate() == 0
    assert idle.is_at_end() and begun.is_at_end()
    replies = 1
    try:
        while busy.reply() == 1:
            replies += 1
    except EOFError:
        pass
    assert [record for record in daemon.spool.records() if record == b"2"] == [b"2"] * replies


def test_a_unix_socket_carries_redis(start, tmp_path_factory):
    path = tmp_path_factory.mktemp("s") / "redis.sock"
    daemon = start({"listen.redis": json.dumps([f"unix://{path}"])})
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(seconds(10))
    sock.connect(str(path))
    sock.sendall(command("RPUSH", "s", "1"))
    assert sock.recv(10) == b":1\r\n"
    sock.close()
    assert daemon.spool.lines(live=True)[0].peer.startswith("unix:uid=")


@pytest.mark.skipif(shutil.which("redis-cli") is None, reason="no redis-cli here (Debian's redis-tools)")
@pytest.mark.parametrize("version", [2, 3])
def test_redis_cli_pushes_and_is_told(daemon, version):
    host, port = daemon.address("redis")

    def run(*args):
        done = subprocess.run(["redis-cli", f"-{version}", "-h", host, "-p", str(port), *args], capture_output=True, text=True,
                              check=False, timeout=seconds(20))
        return done.stdout.strip()

    assert run("RPUSH", "quotes:items", '{"a":1}') == "1"
    assert run("XADD", "s", "*", "url", "x") == "1-0"
    assert run("ZCARD", "s") == UNKNOWN
    assert "redis_version:7.0.0" in run("INFO")
    piped = subprocess.run(["redis-cli", "-h", host, "-p", str(port), "--pipe"], input=command("RPUSH", "s", "1") * 10_000,
                           capture_output=True, check=False, timeout=seconds(60))
    assert b"errors: 0, replies: 10000" in piped.stdout, piped
    assert len(stored(daemon)) == 10_002


@pytest.mark.skipif(shutil.which("redis-benchmark") is None, reason="no redis-benchmark here (Debian's redis-tools)")
def test_redis_benchmark_pushes_each_item_once(daemon):
    host, port = daemon.address("redis")
    done = subprocess.run(["redis-benchmark", "-h", host, "-p", str(port), "-n", "96000", "-P", "64", "-q",
                           "RPUSH", "s", '{"a":1}'], capture_output=True, text=True, check=False, timeout=seconds(120))
    assert done.returncode == 0 and "requests per second" in done.stdout, done
    assert daemon.spool.records() == [b'{"a":1}'] * 96_000
    refused = subprocess.run(["redis-benchmark", "-h", host, "-p", str(port), "-n", "10", "-t", "rpush", "-q"],
                             capture_output=True, text=True, check=False, timeout=seconds(20))
    assert "ERR crawlspool invalid_json not valid JSON at byte 0" in refused.stdout + refused.stderr
