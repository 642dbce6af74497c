"""A record a datagram: over UDP, plain, compressed or as GELF has it, from whom it may come, and what is answered."""

import gzip
import hashlib
import json
import socket
import zlib

import pytest
from datagrams import count, listen, rejected, send, sender, stored, wait_received
from frames import endpoint_text

UDP = "udp://127.0.0.1:0"
AT_ONCE = 50  # fits into any buffer


@pytest.fixture
def daemon(start):
    return start(listen(UDP))


def test_each_datagram_is_a_record_with_its_sender(daemon):
    with sender(daemon) as first, sender(daemon) as second:
        first.send(b'{"a":1}\n')
        stored(daemon, 1)
        second.send(b"[2]")
        lines = stored(daemon, 2)
        peers = [endpoint_text(sock.getsockname()) for sock in (first, second)]
    assert [(line.record, line.seq, line.via, line.peer) for line in lines] == [
        (b'{"a":1}', 1, "datagrams", peers[0]), (b"[2]", 2, "datagrams", peers[1])]


def test_a_thousand_over_each_family_are_stored_once_each(start, ipv6):
    daemon = start(listen(UDP, "udp://[::1]:0"))
    for index in range(2):
        with sender(daemon, index) as sock:
            for begin in range(0, 1000, AT_ONCE):
                for number in range(begin, begin + AT_ONCE):
                    sock.send(b'{"family":%d,"n":%d}' % (index, number))
                wait_received(daemon, begin + AT_ONCE, index)
    records = [json.loads(line.record) for line in stored(daemon, 2000)]
    assert sorted((one["family"], one["n"]) for one in records) == [(index, n) for index in range(2) for n in range(1000)]
    assert {line.peer[0] for line in daemon.spool.lines(live=True)} == {"1", "["}
    assert count(daemon, "dropped") == 0


def test_the_settings_of_the_entry_name_the_senders(start):
    daemon = start(listen(UDP + "?stream=raw&client=syslog"))
    send(daemon, b"1")
    (line,) = stored(daemon, 1)
    assert (line.client, line.stream) == ("syslog", "raw")


def test_a_charset_is_decoded(start):
    daemon = start(listen(UDP + "?charset=gb18030"))
    send(daemon, '"例"'.encode("gb18030"))
    (line,) = stored(daemon, 1)
    assert line.record == '"例"'.encode()


def test_what_is_no_json_is_rejected_and_harms_nothing(daemon):
    send(daemon, b"not json", b"", b"\xff", b'{"sound":true}')
    assert [row["code"] for row in rejected(daemon, 3)] == ["invalid_json", "empty_record", "invalid_utf8"]
    assert [(row["via"], row["seq"]) for row in daemon.spool.rejected()] == [("datagrams", n) for n in (1, 2, 3)]
    assert [(line.record, line.seq) for line in stored(daemon, 1)] == [(b'{"sound":true}', 4)]
    assert daemon.wait_event("record_rejected", code="invalid_json")


def test_the_largest_datagram_is_taken(daemon):
    record = b'"' + b"x" * (65_507 - 2) + b'"'
    with sender(daemon) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 200_000)
        sock.send(record)
    assert stored(daemon, 1)[0].record == record


def test_a_record_over_the_limit_is_rejected(start):
    daemon = start({**listen(UDP), "limits.record_bytes_max": "1KiB"})
    send(daemon, b'"' + b"x" * 2000 + b'"', gzip.compress(b'"' + b"x" * 2000 + b'"'), b"1")
    assert [row["code"] for row in rejected(daemon, 2)] == ["record_too_large"] * 2
    assert [line.record for line in stored(daemon, 1)] == [b"1"]


# ---- GELF ----

GELF = b'{"version":"1.1","host":"crawler-7","short_message":"fetched","_url":"https://example.com/"}'


@pytest.mark.parametrize("pack", [bytes, zlib.compress, gzip.compress, lambda text: zlib.compress(text, 0),
                                  lambda text: zlib.compress(text, 9)])
def test_a_gelf_message_is_stored_as_it_is(daemon, pack):
    send(daemon, pack(GELF))
    assert stored(daemon, 1)[0].record == GELF


def test_a_gelf_chunk_is_rejected_by_name(daemon):
    chunk = b"\x1e\x0f" + b"message8" + bytes([0, 2]) + GELF[:40]
    send(daemon, chunk, b"1")
    (row,) = rejected(daemon, 1)
    assert row["code"] == "invalid_json" and "GELF chunk" in row["detail"]
    assert row["raw"] == chunk
    stored(daemon, 1)


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress])
def test_a_bomb_is_rejected_at_a_mebibyte(daemon, pack):
    whole = b'"' + b"x" * (1024 * 1024 - 2) + b'"'
    send(daemon, pack(whole), pack(b'"' + b"x" * 30_000_000 + b'"'))
    (row,) = rejected(daemon, 1)
    assert row["code"] == "record_too_large" and "decompresses to more than 1048576 bytes" in row["detail"]
    assert [line.record for line in stored(daemon, 1)] == [whole]


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress])
def test_what_does_not_decompress_is_rejected(daemon, pack):
    packed = pack(GELF)
    send(daemon, packed[:-3], packed + b"x", packed[:2] + b"\xff" * 20)
    rows = rejected(daemon, 3)
    assert [row["code"] for row in rows] == ["invalid_json"] * 3
    assert "its end is missing" in rows[0]["detail"] and "behind its end" in rows[1]["detail"], rows


# ---- from whom ----

def test_only_the_named_addresses_may_send(start):
    daemon = start(listen(UDP + "?allow_from=127.0.0.2,127.0.1.0/24"))
    send(daemon, b'"stranger"')
    send(daemon, b'"one"', host="127.0.0.2")
    send(daemon, b'"block"', host="127.0.1.77")
    assert {line.record for line in stored(daemon, 2)} == {b'"one"', b'"block"'}
    assert (count(daemon, "received"), count(daemon, "refused")) == (3, 1)
    assert daemon.wait_event("datagram_refused")["peer"].startswith("127.0.0.1:")
    assert daemon.spool.rejected() == []


def test_a_public_listener_is_warned_of_unless_it_names_its_senders(start):
    daemon = start(listen("udp://0.0.0.0:0", "udp://0.0.0.0:0?allow_from=127.0.0.0/8"))
    daemon.wait_event("started")  # logged behind the words of every port
    (warned,) = daemon.events("public_bind")
    assert warned["port"] == "datagrams" and "allow_from" in warned["detail"]


# ---- acks ----

def test_an_ack_names_the_datagram_and_comes_when_it_is_stored(start):
    daemon = start(listen(UDP + "?ack=yes&allow_from=127.0.0.0/8"))
    datagram = gzip.compress(json.dumps({"n": list(range(100))}).encode())
    assert len(datagram) >= 64
    with sender(daemon) as sock:
        sock.send(b'"' + b"x" * 61 + b'"')  # a byte too short to be answered
        sock.send(b"not json" * 10)
        sock.send(datagram)
        said = sock.recv(1000)
        assert json.loads(said) == {"ack": hashlib.sha256(datagram).hexdigest()[:16]}
        assert len(said) < 64 and len(daemon.spool.lines(live=True)) == 2
        sock.send(datagram)
        assert sock.recv(1000) == said
    assert len(stored(daemon, 3)) == 3
    assert (count(daemon, "received"), count(daemon, "acked")) == (4, 2)


def test_every_datagram_of_many_is_acked_once(start):
    daemon = start(listen(UDP + "?ack=yes&allow_from=127.0.0.0/8"))
    datagrams = [json.dumps({"n": n, "pad": "x" * 60}).encode() for n in range(500)]
    acks = []
    with sender(daemon) as sock:
        for begin in range(0, len(datagrams), AT_ONCE):
            for datagram in datagrams[begin:begin + AT_ONCE]:
                sock.send(datagram)
            acks += [json.loads(sock.recv(100))["ack"] for _ in range(AT_ONCE)]
    assert sorted(acks) == sorted(hashlib.sha256(datagram).hexdigest()[:16] for datagram in datagrams)
