"""The checker of the durability tests: each way to break the promise is seen, and an unbroken one passes."""

import shutil
import subprocess

import pytest

from invariant import check_rejected, check_stored
from ledger import Ledger, Shape
from compressed import decompress
from spool import Spool, make_line

PEER = "127.0.0.1:5"


def promise(sent=5, acked=3, name="one", **shape):
    ledger = Ledger(name, shape=Shape(**shape))
    ledger.take(sent)
    ledger.acked, ledger.peer = acked, PEER
    return ledger


def stored(tmp_path, payloads):
    """Lines of these (number, record), one segment."""
    data = b"".join(make_line(record, seq=number, peer=PEER, synced=None if index else 0)
                    for index, (number, record) in enumerate(payloads))
    (tmp_path / f"{0:020}.ndjson.open").write_bytes(data)
    return Spool(tmp_path).lines()


def numbered(ledger, *numbers):
    return [(number, ledger.payload(number)) for number in numbers]


@pytest.mark.parametrize("numbers, unacked", [((1, 2, 3), 0), ((1, 2, 3, 4), 1), ((1, 2, 3, 4, 5), 2)])
def test_all_that_was_acked_and_a_first_part_of_the_rest_pass(tmp_path, numbers, unacked):
    ledger = promise()
    assert check_stored(stored(tmp_path, numbered(ledger, *numbers)), [ledger]) == unacked


@pytest.mark.parametrize("numbers, said", [
    ((1, 2), "3 is lost"), ((), "1 is lost"), ((1, 3), "3 where 2 is due"), ((1, 2, 2, 3), "2 where 3 is due"),
    ((2, 1, 3), "2 where 1 is due"), ((1, 2, 3, 5), "5 where 4 is due"), ((1, 2, 3, 4, 5, 6), "6 where None is due"),
], ids=str)
def test_what_is_lost_doubled_swapped_or_never_sent_is_seen(tmp_path, numbers, said):
    ledger = promise()
    with pytest.raises(AssertionError, match=said):
        check_stored(stored(tmp_path, numbered(ledger, *numbers)), [ledger])


def test_a_changed_byte_is_seen_though_its_crc_is_right(tmp_path):
    ledger = promise()
    (first, payload), *rest = numbered(ledger, 1, 2, 3)
    with pytest.raises(AssertionError, match="was changed"):
        check_stored(stored(tmp_path, [(first, payload[:-3] + b'~"}'), *rest]), [ledger])


def test_another_number_or_peer_is_seen(tmp_path):
    ledger = promise(1, 1)
    with pytest.raises(AssertionError, match="has seq 2"):
        check_stored(stored(tmp_path, [(2, ledger.payload(1))]), [ledger])
    ledger.peer = "127.0.0.1:6"
    with pytest.raises(AssertionError, match="is not from"):
        check_stored(stored(tmp_path, numbered(ledger, 1)), [ledger])


def test_a_stranger_is_seen(tmp_path):
    lines = stored(tmp_path, numbered(promise(name="stranger"), 1))
    with pytest.raises(AssertionError, match="nobody sent"):
        check_stored(lines, [])
    with pytest.raises(AssertionError, match="nobody sent"):
        check_stored(stored(tmp_path, [(1, b"1")]), [])


def verdicts(ledger, *numbers):
    return [{"raw": ledger.payload(number), "code": "invalid_json", "seq": number} for number in numbers]


def test_rejected_records_are_no_gap_and_their_verdicts_are_owed(tmp_path):
    ledger = promise(9, 7, bad_one_in=3)
    check_stored(stored(tmp_path, numbered(ledger, 1, 2, 4, 5, 7)), [ledger])
    check_rejected(verdicts(ledger, 3, 6), [ledger])
    check_rejected(verdicts(ledger, 3, 6, 9), [ledger])
    for wrong in ((3,), (6, 3), (3, 3, 6), (3, 6, 6), ()):
        with pytest.raises(AssertionError):
            check_rejected(verdicts(ledger, *wrong), [ledger])


def test_compressed_segments_are_read_if_their_blocks_are_sound(tmp_path):
    if not shutil.which("zstd"):
        pytest.skip("zstd is not installed")
    parts = [make_line(b'{"n":%d}' % n, seq=n, synced=None if n > 1 else 0) for n in (1, 2, 3)]

    def compress(content, *options):
        (tmp_path / "part").write_bytes(content)
        return subprocess.run(["zstd", "-qc", *options, tmp_path / "part"], capture_output=True, check=True).stdout

    (tmp_path / f"{0:020}.ndjson.zst").write_bytes(compress(parts[0]) + compress(parts[1]))
    (tmp_path / f"{len(parts[0] + parts[1]):020}.ndjson.open").write_bytes(parts[2])
    assert Spool(tmp_path).records() == [b'{"n":1}', b'{"n":2}', b'{"n":3}']
    for bad, said in ((compress(parts[0], "--no-check"), "checksum"), (compress(parts[0], "--no-content-size"), "size"),
                      (compress(parts[0][:-1]), "line's end"), (compress(parts[0])[:-1], "whole")):
        with pytest.raises(AssertionError, match=said):
            decompress(bad)
