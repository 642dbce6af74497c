"""The entries of a buffer directory's files: u32 length, u32 crc32 of length and payload, payload. A reader
distinguishes an entry that is torn (the file ends in it, as a crash leaves it), one that is damaged, and what lies
behind either."""

from __future__ import annotations

import os
import pathlib
import re
import struct
import zlib
from typing import NamedTuple, Optional, Union

from .frames import LENGTH_MAX

HEAD = struct.Struct(">II")
READ_BYTES = 256 << 10

# Where an entry may begin: a length that a record may have, and not a run of zeros, whose crc would not be zero.
_BEGINNING = re.compile(rb"[\x00-\x0f](?!\x00{7})", re.DOTALL)

Bytes = Union[bytes, memoryview]


def pack(payload: bytes) -> bytes:
    length = len(payload).to_bytes(4, "big")
    return b"".join((length, _crc(length, payload).to_bytes(4, "big"), payload))


def _crc(length: Bytes, payload: Bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(length))


def _end(data: memoryview, position: int) -> int:
    """Where the entry that begins here ends, sound or not; -1 if not within the data."""
    if len(data) - position < HEAD.size:
        return -1
    length, _ = HEAD.unpack_from(data, position)
    end: int = position + HEAD.size + length
    return end if length <= LENGTH_MAX and end <= len(data) else -1


def _is_sound(data: memoryview, position: int) -> bool:
    end = _end(data, position)
    return end >= 0 and HEAD.unpack_from(data, position)[1] == _crc(data[position:position + 4],
                                                                    data[position + HEAD.size:end])


class Scan(NamedTuple):
    """What a file holds from its beginning on."""

    entries: int  # damaged ones too
    end: int  # where the last of them ends
    is_torn: bool  # what is behind them, if anything, is no more than an entry that was never whole


def scan(data: bytes) -> Scan:
    view = memoryview(data)
    entries, position = 0, 0
    while position < len(data):
        end = _end(view, position)
        if not _is_sound(view, position) and not (end >= 0 and _is_sound(view, end)):
            break
        entries, position = entries + 1, end
    behind = (one.start() for one in _BEGINNING.finditer(data, position + 1))
    return Scan(entries, position, not any(_is_sound(view, one) for one in behind))


class Reader:
    """Reads the entries of files named for the index of their first one. It stands before entry `_index` of the file
    `_first`."""

    def __init__(self) -> None:
        self._file: Optional[int] = None
        self._open_first = 0  # whose file that is
        self._first = 0
        self._index = 0
        self._offset = 0  # in the file, of that entry
        self._ahead = b""  # what was read of the file
        self._ahead_offset = 0

    def place(self, first: int, offset: int, index: int) -> None:
        self._first, self._index, self._offset, self._ahead, self._ahead_offset = first, index, offset, b"", offset

    def read(self, path: pathlib.Path, first: int, index: int) -> Optional[bytes]:
        """The payload of the entry `index` in the file `first`; None where it is damaged. What comes after None, past()
        says."""
        if self._first != first or self._index > index:
            self.place(first, 0, first)
        if self._open_first != first or self._file is None:
            self.close()
            self._file, self._open_first = os.open(path, os.O_RDONLY | os.O_CLOEXEC), first
        while self._index < index:
            if self._next() is None and not self.past():
                return None
        return self._next()

    def past(self) -> bool:
        """Steps over a damaged entry whose length can be trusted: a sound one begins where it ends."""
        before = self._index, self._offset
        head = self._get(self._offset, HEAD.size)
        if len(head) == HEAD.size:
            self._index += 1
            self._offset += HEAD.size + HEAD.unpack(head)[0]
            behind = self._index, self._offset
            if self._next() is not None:
                self._index, self._offset = behind
                return True
        self._index, self._offset = before
        return False

    def _next(self) -> Optional[bytes]:
        head = self._get(self._offset, HEAD.size)
        if len(head) < HEAD.size:
            return None
        length, crc = HEAD.unpack(head)
        if length > LENGTH_MAX:
            return None
        payload = self._get(self._offset + HEAD.size, length)
        if len(payload) < length or crc != _crc(head[:4], payload):
            return None
        self._index += 1
        self._offset += HEAD.size + length
        return payload

    def _get(self, offset: int, count: int) -> bytes:
        """So many bytes of the file, or none."""
        assert self._file is not None
        start = offset - self._ahead_offset
        if start < 0 or start > len(self._ahead):
            self._ahead, self._ahead_offset, start = b"", offset, 0
        if count > READ_BYTES and os.fstat(self._file).st_size - offset < count:
            return b""  # a damaged length takes no memory
        while len(self._ahead) - start < count:
            more = os.pread(self._file, max(count, READ_BYTES), self._ahead_offset + len(self._ahead))
            if not more:
                return b""
            self._ahead = self._ahead[start:] + more
            self._ahead_offset += start
            start = 0
        return self._ahead[start:start + count]

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
