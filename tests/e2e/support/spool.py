"""A plain reader of the spool directory: nothing but the published format and zlib's crc32. It trusts no line, and
gives those that prove themselves."""

import base64
import dataclasses
import json
import pathlib
import re
import zlib

import compressed

TRAILER_BYTES = 20  # ,"crc32":"8c736521"}
TRAILER = re.compile(rb',"crc32":"([0-9a-f]{8})"}')
HEAD = re.compile(
    rb'\{(?:"synced":(?P<synced>0|[1-9]\d*),)?'
    rb'"ts":"(?P<ts>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)"'
    rb'(?:,"client":"(?P<client>[A-Za-z0-9._:-]{1,128})")?'
    rb'(?:,"user":"(?P<user>[A-Za-z0-9._-]{1,64})")?'
    rb'(?:,"session":"(?P<session>[0-9a-f]{16})")?'
    rb'(?:,"seq":(?P<seq>[1-9]\d*))?'
    rb'(?:,"stream":"(?P<stream>(?:[^"\\\x00-\x20\x7f]|\\["\\])+)")?'
    rb',"via":"(?P<via>[a-z]+)"'
    rb',"peer":"(?P<peer>[^"\\]+)"'
    rb'(?:,"charset":"(?P<charset>[a-z0-9_-]+)"(?:,"replaced":(?P<replaced>[1-9]\d*))?)?'
    rb',"record":'
)
SEGMENT = re.compile(r"(\d{20})\.ndjson(\.open|\.zst)?")
STAGES = (".open", "", ".zst")  # a segment's life, each stage beginning by a rename


class Damage(Exception):
    pass


@dataclasses.dataclass
class Line:
    position: int
    synced: int | None
    seq: int | None
    via: str
    peer: str
    record: bytes
    ts: str
    length: int
    client: str | None = None
    user: str | None = None
    session: str | None = None
    stream: str | None = None
    charset: str | None = None
    replaced: int | None = None


def parse_line(raw, position=0):
    """One line without its line break."""
    head = HEAD.match(raw)
    if not head:
        raise Damage(f"position {position}: not a spool line: {raw[:120]!r}")
    trailer = TRAILER.fullmatch(raw[-TRAILER_BYTES:])
    if not trailer or len(raw) < head.end() + TRAILER_BYTES:
        raise Damage(f"position {position}: no crc32 at the end: {raw[-40:]!r}")
    crc = zlib.crc32(raw[:-TRAILER_BYTES])
    if crc != int(trailer[1], 16):
        raise Damage(f"position {position}: crc32 is {trailer[1].decode()}, should be {crc:08x}")
    number = lambda name: int(head[name]) if head[name] is not None else None
    text = lambda name: head[name].decode() if head[name] is not None else None
    return Line(position, number("synced"), number("seq"), text("via"), text("peer"),
                raw[head.end():-TRAILER_BYTES], text("ts"), len(raw) + 1,
                client=text("client"), user=text("user"), session=text("session"),
                charset=text("charset"), replaced=number("replaced"),
                stream=head["stream"] and json.loads(b'"%s"' % head["stream"]))


def make_line(record, *, seq=1, peer="127.0.0.1:1", synced=None, ts="2026-11-20T04:05:06.123456Z"):
    """A sound line with its line break, as the daemon would have written it."""
    mark = b"" if synced is None else b'"synced":%d,' % synced
    body = b'{%s"ts":"%s","seq":%d,"via":"stream","peer":"%s","record":%s' % (
        mark, ts.encode(), seq, peer.encode(), record)
    return b'%s,"crc32":"%08x"}\n' % (body, zlib.crc32(body))


class Spool:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def segments(self):
        """(position, path) in order; of one that is being compressed both files."""
        found = []
        for path in self.directory.iterdir():
            match = SEGMENT.fullmatch(path.name)
            if match:
                found.append((int(match[1]), path))
        return sorted(found)

    def read_segment(self, position):
        """(path, content decompressed), also while the daemon goes on: what has left one stage is found in a later one."""
        for stage in STAGES:
            path = self.directory / f"{position:020}.ndjson{stage}"
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                continue
            return path, compressed.decompress(data) if stage == ".zst" else data
        raise Damage(f"the segment at {position} is gone")

    def open_segment(self):
        (path,) = [path for _, path in self.segments() if path.suffix == ".open"]
        return path

    def durable(self):
        text = (self.directory / "durable").read_text(encoding="ascii").rstrip("\n")
        assert re.fullmatch(r"\d{20}", text), f"durable holds {text!r}"
        return int(text)

    def position(self):
        start, path = self.segments()[-1]
        return start + path.stat().st_size

    def lines(self, *, peer=None, session=None, live=False, skip_damage=False):
        """All lines, each checked; of a running daemon (live) the last one may still be unfinished. Of one peer or one
        session, if named."""
        lines = []
        expected = 0
        for start in sorted({start for start, _ in self.segments()}):
            path, data = self.read_segment(start)
            if start != expected:
                raise Damage(f"{path.name} should begin at {expected}")
            expected = start + len(data)
            if live:
                data = data[:data.rfind(b"\n") + 1]
            elif data and not data.endswith(b"\n"):
                raise Damage(f"{path.name} ends in a torn line: {data[-80:]!r}")
            offset = 0
            for raw in data.split(b"\n")[:-1]:
                try:
                    lines.append(parse_line(raw, start + offset))
                except Damage:
                    if not skip_damage:
                        raise
                offset += len(raw) + 1
        self._check_synced_marks(lines)
        return [line for line in lines if peer in (None, line.peer) and session in (None, line.session)]

    @staticmethod
    def _check_synced_marks(lines):
        if lines and lines[0].position == 0 and lines[0].synced is None:
            raise Damage("the first line carries no synced mark")
        last = 0
        starts = {line.position for line in lines} | {line.position + line.length for line in lines}
        for line in lines:
            if line.synced is None:
                continue
            if not last <= line.synced <= line.position:
                raise Damage(f"position {line.position}: synced {line.synced} after synced {last}")
            if line.synced and line.synced not in starts:
                raise Damage(f"position {line.position}: synced {line.synced} is inside a line")
            last = line.synced

    def records(self, **filters):
        return [line.record for line in self.lines(**filters)]

    def rejected(self, *, peer=None):
        """The lines in rejected/ as dicts, in order, with the raw bytes decoded under "raw". A crash may leave bytes
        that prove nothing behind the last ack; whoever waits for a line finds it missing."""
        lines = []
        for path in sorted((self.directory / "rejected").glob("*.ndjson*")):
            for text in path.read_bytes().split(b"\n")[:-1]:
                trailer = TRAILER.fullmatch(text[-TRAILER_BYTES:])
                if not trailer or zlib.crc32(text[:-TRAILER_BYTES]) != int(trailer[1], 16):
                    continue
                line = json.loads(text)
                line["raw"] = base64.b64decode(line["raw"], validate=True)
                lines.append(line)
        return [line for line in lines if peer in (None, line["peer"])]

    def cuts(self):
        """What recovery cut off: {position: bytes}."""
        directory = self.directory / "cut"
        if not directory.is_dir():
            return {}
        return {int(path.name.split(".")[0]): path.read_bytes() for path in directory.iterdir()}
