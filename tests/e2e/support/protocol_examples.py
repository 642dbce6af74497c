"""The examples of PROTOCOL.md as bytes; the document says how they are written ("Examples")."""

import dataclasses
import itertools
import pathlib
import re

DOCUMENT = pathlib.Path(__file__).resolve().parents[3] / "proto/PROTOCOL.md"


@dataclasses.dataclass
class Line:
    who: str  # "C" or "S"
    connection: int  # 0, or 1 for the second one at a time
    data: bytes


@dataclasses.dataclass
class Example:
    title: str
    stages: list  # lists of lines; at a stage's end the client closes its connections

    def __str__(self):
        return self.title


def bytes_of(text):
    """Bytes as pairs of hex digits, and `text` as it is."""
    taken = b""
    position = 0
    for part in re.finditer(r" +|([0-9a-f]{2})|`([^`]*)`", text):
        assert part.start() == position, f"neither a byte in hex nor text: {text[position:]!r}"
        position = part.end()
        taken += bytes.fromhex(part[1] or "") + (part[2] or "").encode()
    assert position == len(text), f"neither a byte in hex nor text: {text[position:]!r}"
    return taken


def text_of(text):
    return text.encode()


def read_block(lines, convert):
    assert lines[0].startswith("# "), f"an example without a title: {lines[0]!r}"
    stages = [[]]
    for line in lines[1:]:
        if line == "--":
            stages.append([])
        elif mark := re.match(r"([<>])(2?)( |$)", line):
            who, second, _ = mark.groups()
            stages[-1].append(Line("C" if who == ">" else "S", 1 if second else 0, convert(line[mark.end():])))
        elif line[:2] == "  ":
            stages[-1][-1].data += convert(line[2:])
        else:
            assert line.startswith("# "), f"a line of no kind: {line!r}"
    return Example(lines[0][2:], stages)


def read(kind, convert):
    blocks = re.findall(rf"^```{kind}\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [read_block(block.rstrip("\n").split("\n"), convert) for block in blocks]


def stream_examples():
    return read("hex", bytes_of)


def http_examples():
    """Lines without their ends: a head's end in CR LF, a body's in LF."""
    return read("http", text_of)


def turns(stage):
    """What one side says on one connection until another one speaks: (who, connection, lines)."""
    for (who, connection), lines in itertools.groupby(stage, key=lambda line: (line.who, line.connection)):
        yield who, connection, [line.data for line in lines]


def last_message(stage, connection):
    """The line with which the server ends the connection's part; None if it is the client's."""
    line = [line for line in stage if line.connection == connection][-1]
    return line.data if line.who == "S" else None
