"""The suite's own eyes: they must see damage, and must not see it where there is none."""

import contextlib
import ctypes
import json
import socket
import threading
import zlib

import pytest

import daemon
import json_cases
import compressed
import spool
import web
import zstd_frames
from cutting_proxy import CuttingProxy, Temper
from frames import MessageReader, frame, header
from socket_queues import unread_bytes
from spool import Damage, Spool, make_line, parse_line


def write_spool(tmp_path, data):
    (tmp_path / f"{0:020}.ndjson.open").write_bytes(data)
    return Spool(tmp_path)


def test_the_documents_example_line_is_understood():
    body = (b'{"ts":"2026-11-20T04:05:06.123456Z","client":"worker-7","session":"c1f2000011112222","seq":42,'
            b'"stream":"quotes","via":"tcp","peer":"10.0.0.7:51234","record":{"record":1}')
    line = parse_line(body + b',"crc32":"%08x"}' % zlib.crc32(body))
    assert (line.seq, line.via, line.peer, line.record) == (42, "tcp", "10.0.0.7:51234", b'{"record":1}')


def test_every_flipped_bit_of_a_line_is_seen():
    raw = make_line(b'{"a":1}', synced=0)[:-1]
    for index in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[index // 8] ^= 1 << index % 8
        with pytest.raises(Damage):
            parse_line(bytes(flipped))


def test_members_out_of_order_are_seen():
    body = b'{"seq":1,"ts":"2026-11-20T04:05:06.123456Z","via":"tcp","peer":"1.2.3.4:5","record":1'
    with pytest.raises(Damage, match="not a spool line"):
        parse_line(body + b',"crc32":"%08x"}' % zlib.crc32(body))


def test_lines_are_read_with_their_positions(tmp_path):
    first, second = make_line(b"1", synced=0), make_line(b"2", seq=2)
    lines = write_spool(tmp_path, first + second + make_line(b"3", synced=len(first + second))).lines()
    assert [(line.position, line.record) for line in lines] == [
        (0, b"1"), (len(first), b"2"), (len(first + second), b"3")]


@pytest.mark.parametrize("tail", [make_line(b"2")[:-1], b"x", bytes(100)])
def test_a_torn_tail_is_seen_unless_the_daemon_still_writes(tmp_path, tail):
    written = write_spool(tmp_path, make_line(b"1", synced=0) + tail)
    with pytest.raises(Damage, match="torn"):
        written.lines()
    assert len(written.lines(live=True)) == 1


@pytest.mark.parametrize("synced", [1, 10_000])
def test_a_wrong_synced_mark_is_seen(tmp_path, synced):
    with pytest.raises(Damage, match="synced"):
        write_spool(tmp_path, make_line(b"1", synced=0) + make_line(b"2", synced=synced)).lines()


def test_a_first_line_without_a_mark_is_seen(tmp_path):
    with pytest.raises(Damage, match="no synced mark"):
        write_spool(tmp_path, make_line(b"1")).lines()


def test_a_gap_between_segments_is_seen(tmp_path):
    first = make_line(b"1", synced=0)
    (tmp_path / f"{0:020}.ndjson").write_bytes(first)
    (tmp_path / f"{len(first) + 1:020}.ndjson.open").write_bytes(make_line(b"2", synced=len(first)))
    with pytest.raises(Damage, match="should begin"):
        Spool(tmp_path).lines()


def test_messages_are_read_at_every_split():
    stream = frame(b'{"ack":1}') + frame('{"error":{"code":"x","detail":"é"}}'.encode())
    for split in range(len(stream)):
        reader = MessageReader()
        messages = [*reader.feed(stream[:split]), *reader.feed(stream[split:])]
        assert messages == [{"ack": 1}, {"error": {"code": "x", "detail": "é"}}]


@pytest.mark.parametrize("stream", [
    frame(b'{"ack":2}') + frame(b'{"ack":2}'),
    frame(b'{"ack":2}') + frame(b'{"reject":{"seq":2,"code":"x","detail":"y"}}'),
    frame(b'{"ack":1}', 3), frame(b'{"new":1}'), frame(b'{ "ack": 1}'), frame(b'{"ack":1,"more":2}'), header(65537),
], ids=["ack again", "reject behind its ack", "type", "key", "spaces", "two keys", "length"])
def test_messages_against_the_contract_are_seen(stream):
    with pytest.raises(AssertionError):
        list(MessageReader().feed(stream))


def test_logfmt_is_parsed():
    assert daemon.parse_logfmt('ts=1 event=conn_close reason="a \\"b\\" c=d" empty= peer=[::1]:5') == {
        "ts": "1", "event": "conn_close", "reason": 'a "b" c=d', "empty": "", "peer": "[::1]:5"}
    with pytest.raises(AssertionError):
        daemon.parse_logfmt("event=x  stray")


def test_http_answers_of_every_shape_are_read(monkeypatch):
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: ours)
    monkeypatch.setattr(socket.socket, "setsockopt", lambda *_: None)
    monkeypatch.setattr(socket.socket, "getsockname", lambda *_: ("127.0.0.1", 1))
    connection = web.Web(("127.0.0.1", 2))
    theirs.sendall(b"HTTP/1.1 100 Continue\r\n\r\n"
                   b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
                   b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
                   b"HTTP/1.1 405 No\r\nContent-Length: 9\r\nAllow: POST\r\n\r\n")
    assert connection.response().status == 100
    assert connection.response().body == b"{}"
    assert connection.response().body == b"abc"
    assert connection.response(to_head=True).headers["allow"] == "POST"
    theirs.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nwhy")
    theirs.close()
    assert connection.response().body == b"why"
    connection.expect_end()
    with pytest.raises(EOFError):
        connection.response()


def test_made_lines_are_json():
    assert json.loads(spool.make_line(b'{"a":[1]}', synced=0))["record"] == {"a": [1]}


def strictly_json(text):
    """Whether Python's json and strict UTF-8 agree that it is JSON; Python takes NaN and lone surrogates, we do not."""
    def refuse(word):
        raise ValueError(word)
    try:
        value = json.loads(text.decode("utf-8"), parse_constant=refuse, parse_int=str, parse_float=str)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
        return True
    except (ValueError, RecursionError):
        return False


def test_the_json_cases_are_of_the_kind_they_claim():
    assert [text[:60] for text in json_cases.VALID if not strictly_json(text)] == []
    too_deep = {b"[" * 201 + b"]" * 201, b'{"a":' * 201 + b"0" + b"}" * 201}
    assert [text[:60] for text in json_cases.INVALID if text not in too_deep and strictly_json(text)] == []
    assert [text for text in json_cases.INVALID if text.strip() and strictly_json(b"[" + text + b"]")
            and text not in too_deep] == []
    assert len(set(json_cases.VALID)) >= 60 and len(set(json_cases.INVALID)) >= 120


def test_bytes_that_lie_unread_at_the_other_end_are_seen():
    with socket.create_server(("127.0.0.1", 0)) as listener, \
            socket.create_connection(listener.getsockname()) as ours, listener.accept()[0] as theirs:
        assert unread_bytes(ours) == 0
        ours.sendall(b"12345")
        assert unread_bytes(ours) == 5
        theirs.recv(3)
        assert unread_bytes(ours) == 2
        theirs.recv(3)
        assert unread_bytes(ours) == 0


def echo(listener):
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                while data := connection.recv(1000):
                    connection.sendall(data)


def passes_through(address, data):
    """What comes back of it."""
    back = b""
    with socket.create_connection(address) as client, contextlib.suppress(OSError):
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        while piece := client.recv(1000):
            back += piece
    return back


def test_the_proxy_cuts_where_it_was_told_to_and_lets_pass_once_it_is_calm():
    data = bytes(range(250)) * 4
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=echo, args=(listener,), daemon=True).start()
        proxy = CuttingProxy(listener.getsockname, 7, Temper(lifetime_bytes_max=900, survive_one_in=1 << 60))
        pieces = [passes_through(proxy.address, data) for _ in range(20)]
        assert proxy.cuts == 20 and all(len(piece) < 900 and data.startswith(piece) for piece in pieces)
        proxy.calm = True
        with socket.create_connection(proxy.address) as client:
            client.sendall(data)
            assert client.recv(len(data), socket.MSG_WAITALL) == data
        proxy.close()


def test_zstd_frames_by_hand_are_what_libzstd_reads():
    for compressed_frame, content in ((zstd_frames.raw(b"1\n", content_size=2, window_log=10), b"1\n"),
                                  (zstd_frames.bomb(b"x", 300_000, content_size=300_000), b"x" * 300_000)):
        zstd = compressed.library()
        target = ctypes.create_string_buffer(len(content))
        got = zstd.ZSTD_decompress(target, ctypes.c_size_t(len(content)), compressed_frame,
                                   ctypes.c_size_t(len(compressed_frame)))
        assert got == len(content) and target.raw == content
