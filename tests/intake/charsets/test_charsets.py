"""Each charset's whole repertoire and its invalid bytes, against Python's codecs: the transcoder says the same, but for
the differences in differences.txt, each with its reason. A difference that is gone or new fails the test."""

import itertools
import os
import pathlib
import struct
import subprocess

import pytest

TRANSCODE = os.environ["TRANSCODE"]
TABLE = pathlib.Path(__file__).with_name("differences.txt")

# Python's codec for each charset of several bytes, and how long a character can be.
MULTI = {"gb18030": ("gb18030", 4), "gbk": ("gbk", 2), "big5": ("cp950", 2), "shift_jis": ("cp932", 2),
         "euc-jp": ("euc_jp", 3), "euc-kr": ("cp949", 2)}
SINGLE = {**{f"windows-{n}": f"cp{n}" for n in range(1250, 1259)},
          **{f"iso-8859-{n}": f"iso8859-{n}" for n in range(1, 17) if n != 12}}
ALL = {**{name: codec for name, (codec, _) in MULTI.items()}, **SINGLE}


def transcoded(charset, sequences):
    """For each sequence its text, or the offset of what cannot be decoded."""
    text = b"".join(struct.pack("=I", len(one)) + one for one in sequences)
    out = subprocess.run([TRANSCODE, charset], input=text, stdout=subprocess.PIPE, check=True).stdout
    results, at = [], 0
    for _ in sequences:
        (length,) = struct.unpack_from("=I", out, at)
        if length == 0xFFFFFFFF:
            results.append(struct.unpack_from("=I", out, at + 4)[0])
            at += 8
        else:
            results.append(out[at + 4:at + 4 + length].decode("utf-8"))
            at += 4 + length
    assert at == len(out)
    return results


def decoded(codec, sequence):
    """The same by Python."""
    try:
        return sequence.decode(codec)
    except UnicodeDecodeError as error:
        return error.start


def is_c1(text):
    return isinstance(text, str) and any("\x80" <= c <= "\x9f" for c in text)


def expected(codec, sequence):
    """What Python says, and that no C1 control is let through: the one difference that is our own."""
    text = decoded(codec, sequence)
    if not is_c1(text):
        return text
    at = next(i for i, c in enumerate(text) if "\x80" <= c <= "\x9f")
    return len(text[:at].encode(codec))


def differences(charset, sequences):
    codec = ALL[charset]
    return {one: (ours, theirs) for one, ours in zip(sequences, transcoded(charset, sequences))
            if ours != (theirs := expected(codec, one))}


def kind_of(ours, theirs):
    if isinstance(ours, str) and isinstance(theirs, str):
        return "other"
    if isinstance(ours, str):
        return "taken"
    return "refused" if isinstance(theirs, str) else "offset"


def listed(charset):
    """The table's rows for a charset: {sequence: kind, or for `other` the text that it becomes}."""
    rows = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, kind, ranges, reason = (part.strip() for part in line.split("|"))
        assert reason, line
        if name != charset:
            continue
        for one in ranges.split():
            one, _, becomes = one.partition("=")
            first, _, last = one.partition("-")
            for number in range(int(first, 16), int(last or first, 16) + 1):
                sequence = number.to_bytes(len(first) // 2, "big")
                assert sequence not in rows, f"{charset} {sequence.hex()} is there twice"
                rows[sequence] = chr(int(becomes, 16)) if becomes else kind
    return rows


def found(charset, sequences):
    return {one: ours if kind_of(ours, theirs) == "other" else kind_of(ours, theirs)
            for one, (ours, theirs) in differences(charset, sequences).items()}


def two_bytes():
    return [bytes(two) for two in itertools.product(range(256), repeat=2)]


def leads(charset):
    """Bytes that are no character alone, whoever is asked, and so may begin one."""
    ones = [bytes([one]) for one in range(0x80, 0x100)]
    return {one for one, ours in zip(ones, transcoded(charset, ones))
            if not isinstance(ours, str) and not isinstance(decoded(ALL[charset], one), str)}


def repertoire(charset):
    """Each byte, and each sequence that begins with a lead: what begins otherwise is one character after another."""
    yield from (bytes([one]) for one in range(256))
    longest = MULTI[charset][1] if charset in MULTI else 1
    if longest > 1:
        first = leads(charset)
        yield from (two for two in two_bytes() if two[:1] in first)
    if longest == 3:
        yield from (b"\x8f" + two for two in two_bytes())


@pytest.mark.parametrize("charset", ALL)
def test_every_sequence_is_as_in_python_or_in_the_table(charset):
    four = {one for one in listed(charset) if len(one) == 4}
    assert found(charset, list(repertoire(charset))) == {one: what for one, what in listed(charset).items()
                                                         if one not in four}


def test_all_four_byte_sequences_of_gb18030_are_as_in_python_or_in_the_table():
    sequences = [bytes(four) for four in itertools.product(range(0x81, 0xFF), range(0x30, 0x3A), range(0x81, 0xFF),
                                                          range(0x30, 0x3A))]
    assert len(sequences) == 1_587_600
    assert found("gb18030", sequences) == {one: what for one, what in listed("gb18030").items() if len(one) == 4}


def test_four_bytes_that_are_no_character_of_gb18030_are_refused_where_they_begin():
    edges = [0x00, 0x2F, 0x30, 0x39, 0x3A, 0x40, 0x7F, 0x80, 0x81, 0xA1, 0xFE, 0xFF]
    sequences = [bytes(four) for four in itertools.product([0x80, 0x81, 0x84, 0x90, 0xE3, 0xFE, 0xFF], edges, edges,
                                                          edges)]
    rows = listed("gb18030")
    assert not [one for one in found("gb18030", sequences) if not explained(rows, one)]


def explained(rows, sequence):
    """A part of it is in the table."""
    return any(sequence[i:j] in rows for i in range(len(sequence)) for j in range(i + 1, len(sequence) + 1))


@pytest.mark.parametrize("charset", MULTI)
def test_what_is_cut_off_or_wrong_within_text_is_refused_at_its_offset(charset):
    codec = ALL[charset]
    text = "中" if charset != "euc-kr" else "한"
    good = text.encode(codec)
    sequences = [b"abc" + good + bytes([one]) + behind for one in range(0x80, 0x100)
                 for behind in (b"", b'"}', b"\x80", b"\xff", b" " + good)]
    rows = listed(charset)
    assert not [one for one in found(charset, sequences) if not explained(rows, one)]


@pytest.mark.parametrize("charset,codec", [("utf-16le", "utf-16-le"), ("utf-16be", "utf-16-be")])
def test_every_unit_and_pair_of_utf16_is_as_in_python(charset, codec):
    order = "little" if charset == "utf-16le" else "big"
    units = [unit.to_bytes(2, order) for unit in range(0x10000)]
    pairs = [first.to_bytes(2, order) + second.to_bytes(2, order)
             for first in range(0xD7FF, 0xE001) for second in range(0xDBF0, 0xE010, 15)]
    sequences = units + pairs + [b"", b"a", units[0x4E2D] + b"x"]
    for one, ours in zip(sequences, transcoded(charset, sequences)):
        assert ours == expected(codec, one), one.hex()
    every = "".join(map(chr, range(0x10000, 0x110000)))
    assert transcoded(charset, [every.encode(codec)]) == [every]


def test_a_byte_order_mark_decides_about_utf16_and_is_taken_off():
    text = '{"a":"中😀"}'
    assert transcoded("utf-16", [text.encode("utf-16-le"), b"\xff\xfe" + text.encode("utf-16-le"),
                                 b"\xfe\xff" + text.encode("utf-16-be")]) == [text] * 3


@pytest.mark.parametrize("charset", ALL)
def test_no_c1_control_comes_through(charset):
    assert not any(is_c1(text) for text in transcoded(charset, list(repertoire(charset))))
