"""Bad records: each gets a verdict with code and place, is kept in rejected/, and harms nothing around it."""

import pytest

from exposition import scrape
from frames import frame, header
from waiting import wait_until

BAD = [
    (b"", "empty_record", None),
    (b'{"a":}', "invalid_json", None),
    (b"{'a':1}", "invalid_json", None),
    (b'{"a":1}x', "invalid_json", None),
    (b'{"a":1}{"b":2}', "invalid_json", None),
    (b"{", "invalid_json", None),
    (b'"a\nb"', "invalid_json", None),
    (b"01", "invalid_json", None),
    (b"\x00", "invalid_json", None),
    (b'{"a":1}\x00', "invalid_json", None),
    (b'{"a":"\xff"}', "invalid_utf8", 6),
    (b'"\xc3\xa9\xc0\x80"', "invalid_utf8", 3),
    (b'"\xed\xa0\x80"', "invalid_utf8", 1),
    (b'"ok \xe2\x82"', "invalid_utf8", 4),
    (b"[" * 201 + b"]" * 201, "too_deep", None),
    (b'{"a":' * 201 + b"1" + b"}" * 201, "too_deep", None),
]


@pytest.mark.parametrize("payload, code, offset", BAD, ids=[f"{code}-{i}" for i, (_, code, _) in enumerate(BAD)])
def test_a_bad_record_gets_its_code_and_the_connection_goes_on(shared, payload, code, offset):
    client = shared.connect()
    client.send_records([b'"before"', payload, b'"after"'])
    client.wait_ack()
    reject = client.rejects.pop(2)
    assert not client.rejects
    assert reject["code"] == code
    assert reject["detail"]
    if "offset" in reject:
        assert 0 <= reject["offset"] <= len(payload)
        assert offset in (None, reject["offset"])
    assert shared.spool.records(peer=client.name, live=True) == [b'"before"', b'"after"']
    assert [line.seq for line in shared.spool.lines(peer=client.name, live=True)] == [1, 3]


def test_invalid_utf8_is_told_with_its_offset(shared):
    client = shared.connect()
    client.send_record(b'{"a":"\xff"}')
    client.wait_ack()
    assert client.rejects[1]["offset"] == 6


def test_depth_200_passes_and_201_does_not(shared):
    client = shared.connect()
    deep = [opening * depth + b"1" + closing * depth
            for opening, closing in ((b"[", b"]"), (b'{"k":', b"}")) for depth in (200, 201)]
    client.send_records(deep)
    client.wait_ack()
    assert {seq: reject["code"] for seq, reject in client.rejects.items()} == {2: "too_deep", 4: "too_deep"}


def test_brackets_inside_strings_are_no_depth(shared):
    client = shared.connect()
    client.send_record(b'["%s", "\\"%s"]' % (b"[" * 5000, b"{" * 5000))
    client.wait_ack()
    assert not client.rejects


@pytest.mark.parametrize("payload", [b"[" * 100_000, b'{"a":' * 100_000, b'[{"a":' * 50_000],
                         ids=["arrays", "objects", "both"])
def test_deep_unclosed_nesting_is_refused(shared, payload):
    client = shared.connect()
    client.send_records([payload, b"1"])
    client.wait_ack()
    assert client.rejects.keys() == {1}
    assert client.rejects[1]["code"] in ("too_deep", "invalid_json")


def test_a_smaller_depth_limit_is_kept(start):
    client = start({"limits.record_depth_max": "2"}).connect()
    client.send_records([b"[[1]]", b"[[[1]]]", b'{"a":[]}', b'{"a":[{}]}'])
    client.wait_ack()
    assert client.rejects.keys() == {2, 4}


def test_rejected_bytes_are_kept_with_the_verdict(shared):
    client = shared.connect()
    bad = [b'{"a":\x00\xff}', b"", b'tr\r\nue "\x1b[31m"']
    client.send_records([b"1", *bad])
    client.wait_ack()
    lines = shared.spool.rejected(peer=client.name)
    assert [line["seq"] for line in lines] == [2, 3, 4]
    assert [line["raw"] for line in lines] == bad
    for line in lines:
        reject = client.rejects[line["seq"]]
        assert (line["code"], line["detail"]) == (reject["code"], reject["detail"])


def test_of_a_long_rejected_record_the_first_64_kib_are_kept_and_the_length_is_noted(shared):
    client = shared.connect()
    payload = b"".join(b"%07d " % n for n in range(20_000))
    client.send_record(payload)
    client.wait_ack()
    (line,) = shared.spool.rejected(peer=client.name)
    assert line["raw"] == payload[:64 * 1024]
    assert len(payload) in line.values()


def test_good_and_bad_records_pipelined_each_get_their_own_verdict(shared):
    client = shared.connect()
    payloads = [b"%d" % n if n % 3 else b"%d," % n for n in range(1, 3001)]
    client.send_records(payloads)
    client.wait_ack()
    assert client.rejects.keys() == set(range(3, 3001, 3))
    lines = shared.spool.lines(peer=client.name, live=True)
    assert [line.seq for line in lines] == [n for n in range(1, 3001) if n % 3]


def test_a_connection_of_nothing_but_rejects_is_acked_too(shared):
    client = shared.connect()
    client.send_records([b"?"] * 100)
    assert client.wait_ack() == 100
    assert len(client.rejects) == 100
    assert not shared.spool.records(peer=client.name, live=True)


def test_rejects_are_counted_by_code(start):
    daemon = start()
    client = daemon.connect()
    client.send_records([b"?", b"", b"", b'"\xff"', b"[" * 300, b"1"])
    client.wait_ack()
    wait_until(lambda: daemon.status()["rejects"].get("empty_record") == 2, "two empty records are counted")
    rejects = {code: count for code, count in daemon.status()["rejects"].items() if count}
    assert rejects.pop("invalid_json") == 1 and rejects.pop("invalid_utf8") == 1
    assert rejects.pop("too_deep") == 1 and rejects.pop("empty_record") == 2
    assert not rejects


def test_above_a_rate_a_verdict_is_told_and_kept_and_of_the_record_its_first_bytes(start):
    daemon = start()
    client = daemon.connect()
    bad = [b"?%099d" % n for n in range(5000)]
    client.send_records(bad)
    assert client.wait_ack() == len(bad)
    assert client.rejects.keys() == set(range(1, len(bad) + 1))
    lines = daemon.spool.rejected()
    assert [line["seq"] for line in lines] == list(range(1, len(bad) + 1))
    assert {line["length"] for line in lines} == {100}
    assert [line["raw"] for line in lines[:1000]] == bad[:1000]
    cut = [line for line in lines if line.get("cut") == "rate"]
    assert cut and all(line["raw"] == bad[line["seq"] - 1][:64] for line in cut)
    assert all(line["raw"] == bad[line["seq"] - 1] for line in lines if "cut" not in line)
    assert scrape(daemon).value("crawlspool_rejects_cut_total") == len(cut)


def test_the_rejected_folder_stays_within_its_bound(start):
    bound = 256 * 1024
    daemon = start({"spool.rejected_bytes_max": "256KiB"})
    client = daemon.connect()
    for _ in range(40):
        client.send_records([b"?" * 20_000] * 5 + [b"1"])
        client.wait_ack()
    size = sum(path.stat().st_size for path in (daemon.spool.directory / "rejected").iterdir())
    assert 0 < size <= 2 * bound
    assert len(client.rejects) == 200
    assert len(daemon.spool.lines(live=True)) == 40


def test_a_cut_off_frame_is_no_record_at_whatever_byte(shared):
    stream = frame(b'{"a":1}') + frame(b"?") + frame(b"[2]")
    ends = [11, 16, 23]
    for length in range(len(stream)):
        client = shared.connect()
        client.send(stream[:length])
        client.half_close()
        whole = sum(end <= length for end in ends)
        client.wait_ack(whole)
        client.expect_goodbye("bye")
        assert client.acked == whole
        assert len(client.rejects) == (whole >= 2)


def test_a_reset_in_the_middle_of_a_frame_harms_nobody(shared):
    other = shared.connect()
    for _ in range(20):
        client = shared.connect()
        client.send(frame(b"1") + header(1000) + b'"half')
        client.reset()
    other.send_record(b'"still here"')
    assert other.wait_ack() == 1
