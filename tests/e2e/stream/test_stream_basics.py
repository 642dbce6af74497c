"""Plain record frames: what is acked lies in the spool, byte for byte, under the right number and peer."""

import pytest

from frames import BYE, PING, PONG, RECORD, frame, frames, header

ODD_BUT_LEGAL = [
    b'{"b":1,"a":2,"b":3,"":null}',
    b'[1E5,1e+05,-0,-0.0,0.10,1.0e-007,100000000000000000000000000000000000001]',
    b'[1e400,-1e400,1e-400,123456789012345678901234567890.12345678901234567890]',
    rb'"\u0041\/\u00e9\ud83d\ude00\b\f\n\r\t\"\\"',
    '"line\u2028and\u2029paragraph separators"'.encode(),
    '{"ключ":"值","😀":"\u007f\u0080\ufeff\uffff"}'.encode(),
    b' \t[ 1 ,\t2 ] \t',
    b'null', b'true', b'false', b'0', b'""', b'{}', b'[]',
    b'",\\"crc32\\":\\"00000000\\"}"',
    b'{"record":{"record":1},"crc32":"8c736521"}',
]


def test_an_acked_record_lies_in_the_spool(shared):
    client = shared.connect()
    client.send_record(b'{"url":"https://example.org/"}')
    assert client.wait_ack() == 1
    (line,) = shared.spool.lines(peer=client.name, live=True)
    assert (line.record, line.seq, line.via) == (b'{"url":"https://example.org/"}', 1, "stream")


def test_durable_covers_what_was_acked(shared):
    client = shared.connect()
    client.send_record(b'"durable"')
    client.wait_ack()
    (line,) = shared.spool.lines(peer=client.name, live=True)
    assert line.position + line.length <= shared.spool.durable() <= shared.spool.position()


def test_current_points_to_the_open_segment(shared):
    link = shared.spool.directory / "current.ndjson"
    assert link.is_symlink() and link.resolve() == shared.spool.open_segment().resolve()


def test_records_keep_their_bytes(shared):
    client = shared.connect()
    client.send_records(ODD_BUT_LEGAL)
    client.wait_ack()
    assert shared.spool.records(peer=client.name, live=True) == ODD_BUT_LEGAL
    assert not client.rejects


def test_line_breaks_between_tokens_are_taken_out_and_nothing_else(shared):
    client = shared.connect()
    client.send_record(b'\r\n{\r\n "a" :\n\t[1,\r\n2 ,\n"\\n\\r x"]\r}\n')
    client.wait_ack()
    assert shared.spool.records(peer=client.name, live=True) == [b'{ "a" :\t[1,2 ,"\\n\\r x"]}']


def test_pipelined_records_are_numbered_in_order_and_acked_cumulatively(shared):
    client = shared.connect()
    payloads = [b'{"n":%d}' % n for n in range(1, 10_001)]
    client.send_records(payloads)
    assert client.wait_ack() == 10_000
    lines = shared.spool.lines(peer=client.name, live=True)
    assert [line.seq for line in lines] == list(range(1, 10_001))
    assert [line.record for line in lines] == payloads


def test_each_connection_counts_for_itself(shared):
    first, second = shared.connect(), shared.connect()
    first.send_records([b"1", b"2", b"3"])
    first.wait_ack()
    second.send_record(b"4")
    assert second.wait_ack() == 1
    assert [line.seq for line in shared.spool.lines(peer=second.name, live=True)] == [1]


def test_a_frame_may_be_split_at_every_byte(shared):
    client = shared.connect()
    payloads = ['{"a":"é😀"}'.encode(), b"[1]"]
    stream = frame(payloads[0]) + frame(b'{"t":1}', PING) + frame(payloads[1])
    for split in range(1, len(stream)):
        client.send(stream[:split])
        client.wait_read()
        client.send(stream[split:])
        client.sent += 2
        assert client.until("pong") == {"t": 1}
    client.wait_ack()
    assert shared.spool.records(peer=client.name, live=True) == payloads * (len(stream) - 1)


def test_single_bytes_make_whole_frames(shared):
    client = shared.connect()
    for byte in frames([b'{"drop":"by drop"}', b"2"]):
        client.send(bytes([byte]))
        client.wait_read()
    assert client.wait_ack(2) == 2


@pytest.mark.parametrize("size", [4093, 65531, 65532, 65533, 1 << 20, 16 << 20])
def test_a_large_record_passes_whole(shared, size):
    client = shared.connect(timeout=30)
    payload = b'"%s"' % (b"x" * (size - 2))
    client.send_record(payload)
    client.send_record(b'"behind"')
    client.wait_ack()
    assert shared.spool.records(peer=client.name, live=True) == [payload, b'"behind"']


def test_an_ipv6_peer_is_written_in_brackets(shared, ipv6):
    client = shared.connect(index=1)
    assert client.name.startswith("[::1]:")
    client.send_record(b'"six"')
    client.wait_ack()
    assert shared.spool.records(peer=client.name, live=True) == [b'"six"']


def test_a_half_closed_connection_gets_its_acks_and_a_goodbye(shared):
    client = shared.connect()
    client.send_records([b"%d" % n for n in range(5000)])
    client.half_close()
    client.wait_ack()
    client.expect_goodbye("bye")
    assert len(shared.spool.lines(peer=client.name, live=True)) == 5000


def test_a_half_close_drops_only_the_begun_frame(shared):
    client = shared.connect()
    client.send_records([b"1", b"2"])
    client.send(header(100) + b'{"never')
    client.half_close()
    client.wait_ack(2)
    client.expect_goodbye("bye")
    assert shared.spool.records(peer=client.name, live=True) == [b"1", b"2"]


def test_bye_brings_the_last_ack_and_then_goodbye(shared):
    client = shared.connect()
    client.send(frames([b"1", b"2", b"3"]) + frame(b"", BYE))
    client.wait_ack(3)
    client.expect_goodbye("bye")


def test_bye_without_records_brings_only_goodbye(shared):
    client = shared.connect()
    client.send(frame(b"", BYE))
    assert "goodbye" in client.receive()
    client.expect_end()


def test_nothing_behind_bye_is_looked_at(shared):
    client = shared.connect()
    client.send(frames([b"1"]) + frame(b"", BYE) + frames([b"2"]) + b"\xff" * 8)
    client.wait_ack(1)
    client.expect_goodbye("bye")
    assert shared.spool.records(peer=client.name, live=True) == [b"1"]


@pytest.mark.parametrize("payload, echo", [
    (b"", None), (b"null", None), (b"7", 7), (b'{"t":[1.5,"x"]}', {"t": [1.5, "x"]}),
    (b'"%s"' % (b"p" * 254), "p" * 254),
])
def test_pong_echoes_the_ping(shared, payload, echo):
    assert shared.connect().ping(payload) == echo


def test_pings_take_no_number(shared):
    client = shared.connect()
    client.send(frames([b"1"]) + frame(b"", PING) + frames([b"2"]))
    assert client.wait_ack(2) == 2
    assert [line.seq for line in shared.spool.lines(peer=client.name, live=True)] == [1, 2]


def test_a_pong_nobody_asked_for_is_ignored(shared):
    client = shared.connect()
    client.send(frame(b"", PONG) + frame(b"anything", PONG) + frame(b"1", RECORD))
    assert client.wait_ack(1) == 1


@pytest.mark.parametrize("threads", [1, 3])
def test_many_clients_at_once_are_all_served(start, threads):
    daemon = start({"io_threads": str(threads)})
    clients = [daemon.connect() for _ in range(50)]
    for index, client in enumerate(clients):
        client.send_records([b'{"client":%d,"n":%d}' % (index, n) for n in range(40)])
    for client in clients:
        client.wait_ack()
    lines = daemon.spool.lines(live=True)
    for index, client in enumerate(clients):
        assert [line.record for line in lines if line.peer == client.name] == [
            b'{"client":%d,"n":%d}' % (index, n) for n in range(40)]
    assert len(lines) == 2000
