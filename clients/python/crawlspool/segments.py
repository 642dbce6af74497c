"""The records of a buffer directory: files named for the index of their first entry, appended to at the end of the last
one and removed from the front.

    00000000000000000001.records    entries from index 1 on: u32 length, u32 crc32 of length and payload, payload

One position reads back what memory had no room for; a record that memory has moves it along. Not locked: the owner of
the directory has a lock, between processes and between threads."""

from __future__ import annotations

import logging
import os
import pathlib
import struct
import zlib
from typing import Dict, Optional, Tuple

log = logging.getLogger("crawlspool")

ENTRY = struct.Struct(">II")
READ_BYTES = 256 << 10


def _crc(length: bytes, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(length))


def _entry_end(data: bytes, position: int) -> int:
    """Where the entry at this position ends; -1 if none that is whole and sound begins there."""
    if len(data) - position < ENTRY.size:
        return -1
    length, crc = ENTRY.unpack_from(data, position)
    end: int = position + ENTRY.size + length
    if end > len(data) or crc != _crc(data[position:position + 4], data[position + ENTRY.size:end]):
        return -1
    return end


def sync_directory(path: pathlib.Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Segments:
    def __init__(self, directory: pathlib.Path, segment_bytes: int, sync: bool) -> None:
        self.directory = directory
        self.next = 1  # the index that the next record gets
        self.bytes = 0  # of all files
        self.lost = 0  # records that damage made unreadable
        self.read_next = 1  # the index of the next record that is read back
        self._segment_bytes = segment_bytes
        self._sync = sync
        self._synced = True
        self._sizes: Dict[int, int] = {}  # by first index, in order
        self._tail: Optional[int] = None  # the last file's descriptor
        self._tail_first = 0
        self._reader = _Reader()

    def _path(self, first: int) -> pathlib.Path:
        return self.directory / f"{first:020}.records"

    # What a process before this one left

    def recover(self, settled: int) -> bool:
        """Finds out what is there; False if damage ends it before its end, which is what sound entries behind it tell.
        A torn last entry was never promised to anybody and is cut off; damaged bytes are kept in a file beside."""
        for path in sorted(self.directory.glob("*.records")):
            self._sizes[int(path.name[:20])] = path.stat().st_size
        self.bytes = sum(self._sizes.values())
        self.next = settled + 1
        sound = True
        if self._sizes:
            last = max(self._sizes)
            index, sound = self._recover_tail(last)
            self.next = max(self.next, index)
        self.remove_settled(settled)
        self.read_next = max(settled + 1, min(self._sizes, default=1))
        return sound

    def _recover_tail(self, first: int) -> Tuple[int, bool]:
        path = self._path(first)
        data = path.read_bytes()
        index, position, sound = first, 0, True
        while (end := _entry_end(data, position)) > 0:
            index, position = index + 1, end
        if position < len(data):
            sound = all(_entry_end(data, behind) < 0 for behind in range(position + 1, len(data)))
            if not sound:
                aside = path.with_suffix(f".{position}.damaged")
                aside.write_bytes(data[position:])
                self.lost += 1
                log.error("%s is damaged at byte %d: what follows cannot be sent and is kept in %s", path, position,
                          aside)
            os.truncate(path, position)
            self.bytes -= len(data) - position
            self._sizes[first] = position
        return index, sound

    # Writing

    def append(self, payload: bytes, read_back: bool) -> None:
        """The record has index `next`. OSError: it was not taken, and nothing of it is left."""
        if self._tail is None or self._sizes[self._tail_first] >= self._segment_bytes:
            self.begin_file()
        assert self._tail is not None
        length = len(payload).to_bytes(4, "big")
        entry = b"".join((length, _crc(length, payload).to_bytes(4, "big"), payload))
        size = self._sizes[self._tail_first]
        try:
            written = os.write(self._tail, entry)
            while written < len(entry):
                written += os.write(self._tail, entry[written:])
        except OSError:
            os.ftruncate(self._tail, size)
            raise
        size += len(entry)
        self._sizes[self._tail_first] = size
        self.bytes += len(entry)
        self.next += 1
        self._synced = False
        if not read_back:
            self.read_next = self.next
            self._reader.place(self._tail_first, size, self.next)

    def begin_file(self) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        tail = os.open(self._path(self.next), flags, 0o600)
        self.sync()
        if self._tail is not None:
            os.close(self._tail)
        if self._sync:
            sync_directory(self.directory)
        self._tail, self._tail_first = tail, self.next
        self._sizes.setdefault(self.next, 0)

    def sync(self) -> None:
        """What was appended may be sent: where that was asked for, it survives the machine from here on."""
        if self._sync and not self._synced and self._tail is not None:
            os.fdatasync(self._tail)
        self._synced = True

    # Reading back

    @property
    def unread(self) -> int:
        return self.next - self.read_next

    def read(self) -> Optional[Tuple[int, bytes]]:
        """The next record and its index; None if there is none behind the reading position."""
        while self.read_next < self.next:
            index = self.read_next
            first = max((one for one in self._sizes if one <= index), default=None)
            payload = None if first is None else self._reader.read(self._path(first), first, index)
            if payload is not None:
                self.read_next += 1
                return index, payload
            self.read_next = min((one for one in self._sizes if one > index), default=self.next)
            self.lost += self.read_next - index
            log.error("%s is damaged: records %d to %d cannot be sent", self.directory, index, self.read_next - 1)
        return None

    def skip(self, index: int) -> None:
        """Nothing up to this index need be read back."""
        self.read_next = min(max(self.read_next, index + 1), self.next)

    # The end

    def remove_settled(self, settled: int) -> None:
        """Removes each file of settled records but the last, which says which index comes next."""
        while len(self._sizes) > 1:
            first, second = list(self._sizes)[:2]
            if second > settled + 1:
                return
            self.bytes -= self._sizes.pop(first)
            self._path(first).unlink()

    def remove_all(self) -> None:
        for first in self._sizes:
            self._path(first).unlink()
        self._sizes.clear()
        self.bytes = 0

    def close(self) -> None:
        self._reader.close()
        if self._tail is not None:
            os.close(self._tail)
            self._tail = None


class _Reader:
    """Reads entries one after the other. It stands before the entry `_index` of the file `_first`."""

    def __init__(self) -> None:
        self._file: Optional[int] = None
        self._open_first = 0  # whose file that is
        self._first = 0
        self._index = 0
        self._offset = 0  # in the file, of the next byte that is not in _ahead
        self._ahead = b""
        self._position = 0  # in _ahead

    def place(self, first: int, offset: int, index: int) -> None:
        self._first, self._index, self._offset, self._ahead, self._position = first, index, offset, b"", 0

    def read(self, path: pathlib.Path, first: int, index: int) -> Optional[bytes]:
        """The payload of the entry `index` in the file `first`; None where it cannot be had."""
        if self._first != first or self._index > index:
            self.place(first, 0, first)
        if self._open_first != first or self._file is None:
            self.close()
            self._file, self._open_first = os.open(path, os.O_RDONLY | os.O_CLOEXEC), first
        while self._index < index:
            if self._next() is None:
                return None
        return self._next()

    def _next(self) -> Optional[bytes]:
        header = self._get(ENTRY.size)
        if len(header) < ENTRY.size:
            return None
        length, crc = ENTRY.unpack(header)
        payload = self._get(length)
        if len(payload) < length or crc != _crc(header[:4], payload):
            return None
        self._index += 1
        return payload

    def _get(self, count: int) -> bytes:
        assert self._file is not None
        while len(self._ahead) - self._position < count:
            more = os.pread(self._file, max(count, READ_BYTES), self._offset)
            if not more:
                return b""
            self._offset += len(more)
            self._ahead = self._ahead[self._position:] + more
            self._position = 0
        start = self._position
        self._position += count
        return self._ahead[start:self._position]

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
