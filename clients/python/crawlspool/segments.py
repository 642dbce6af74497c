"""The records of a buffer directory: files named for the index of their first entry (see entries.py), appended to at
the end of the last one and removed from the front.

    00000000000000000001.records    entries from index 1 on

One position reads back what memory had no room for; a record that memory has moves it along. Not locked: the owner of
the directory has a lock, between processes and between threads."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
from typing import Dict, List, NamedTuple, Optional, Tuple

from .entries import Reader, pack, scan
from .journal import AT_ONCE, Journal


INDEX_MAX = 1 << 53  # of a record
_NAME = re.compile(r"[0-9]{20}\.records")


def sync_directory(path: pathlib.Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def find_files(directory: pathlib.Path) -> List[pathlib.Path]:
    """Those of records, in order. What somebody put there under another name is not among them."""
    return sorted(path for path in directory.glob("*.records")
                  if _NAME.fullmatch(path.name) and int(path.stem) <= INDEX_MAX)


class _Tail(NamedTuple):
    """The last file."""

    descriptor: int
    first: int


class Segments:
    def __init__(self, directory: pathlib.Path, segment_bytes: int, sync: bool, journal: Journal = AT_ONCE) -> None:
        self.directory = directory
        self.next = 1  # the index that the next record gets
        self.bytes = 0  # of all files
        self.lost = 0  # records that damage made unreadable
        self.read_next = 1  # the index of the next record that is read back
        self._segment_bytes = segment_bytes
        self._sync = sync
        self._journal = journal
        self._synced = True
        self._sizes: Dict[int, int] = {}  # by first index, in order
        self._tail: Optional[_Tail] = None
        self._in_doubt = False  # an append() was cut short
        self._reader = Reader()

    def _path(self, first: int) -> pathlib.Path:
        return self.directory / f"{first:020}.records"

    # What a process before this one left

    def recover(self, settled: int) -> bool:
        """Finds out what is there. False if damage hides how many records the last file holds: the numbers of what is
        lost may have been used, so that no others may be put behind them."""
        files = find_files(self.directory)
        for path in files:
            self._sizes[int(path.stem)] = path.stat().st_size
        for path in set(self.directory.glob("*.records")).difference(files):
            self._journal.warning("%s is left alone: it is no file of records", path)
        self.bytes = sum(self._sizes.values())
        self.next = settled + 1
        whole = True
        if self._sizes:
            count, whole = self._cut(max(self._sizes))
            self.next = max(self.next, max(self._sizes) + count)
        self.remove_settled(settled)
        self.read_next = max(settled + 1, min(self._sizes, default=1))
        return whole

    def _cut(self, first: int) -> Tuple[int, bool]:
        """How many entries the file holds, and whether that is all it ever held. An entry that is torn was never
        promised to anybody and goes; so do damaged bytes, which are kept beside."""
        path = self._path(first)
        data = path.read_bytes()
        found = scan(data)
        if found.end < len(data):
            if not found.is_torn:
                aside = path.with_suffix(f".{found.end}.damaged")
                aside.write_bytes(data[found.end:])
                self.lost += 1
                self._journal.error("%s is damaged at byte %d: what follows cannot be sent and is kept in %s", path,
                                    found.end, aside)
            os.truncate(path, found.end)
        self.bytes += found.end - self._sizes[first]
        self._sizes[first] = found.end
        return found.entries, found.is_torn

    # Writing

    def append(self, payload: bytes, read_back: bool) -> None:
        """The record has index `next`. OSError: it was not taken, and nothing of it is left."""
        self.repair()
        if self._tail is None or self._sizes[self._tail.first] >= self._segment_bytes:
            self.begin_file()
        assert self._tail is not None
        descriptor, first = self._tail
        entry = pack(payload)
        size = self._sizes[first]
        self._in_doubt = True
        try:
            written = os.write(descriptor, entry)
            while written < len(entry):
                written += os.write(descriptor, entry[written:])
        except OSError:
            os.ftruncate(descriptor, size)
            self._in_doubt = False
            raise
        size += len(entry)
        self._synced = False
        self._sizes[first] = size
        self.bytes += len(entry)
        self.next += 1
        if not read_back:
            self.read_next = self.next
            self._reader.place(first, size, self.next)
        self._in_doubt = False

    def repair(self) -> None:
        """After an append() that was cut short, by KeyboardInterrupt or by a disk that failed twice: what the file
        holds counts."""
        if self._in_doubt and self._tail is not None:
            first = self._tail.first
            self._sizes[first] = self._path(first).stat().st_size
            count, _ = self._cut(first)
            self.next = first + count
            self.bytes = sum(self._sizes.values())
            self._reader.place(0, 0, 0)
        self._in_doubt = False

    def begin_file(self) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self.sync()
        descriptor = os.open(self._path(self.next), flags, 0o600)
        if self._sync:
            sync_directory(self.directory)
        self._sizes.setdefault(self.next, 0)
        before, self._tail = self._tail, _Tail(descriptor, self.next)
        if before is not None:
            os.close(before.descriptor)

    def sync(self) -> None:
        """What was appended may be sent: where that was asked for, it survives the machine from here on."""
        if self._sync and not self._synced and self._tail is not None:
            os.fdatasync(self._tail.descriptor)
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
            self._skip_damage(first, index)
        return None

    def _skip_damage(self, first: Optional[int], index: int) -> None:
        if first is not None and self._reader.past():
            self.read_next = index + 1
        else:
            self.read_next = min((one for one in self._sizes if one > index), default=self.next)
        self.lost += self.read_next - index
        kept = ""
        if first is not None:
            aside = self._path(first).with_suffix(".damaged")
            try:
                if not aside.exists():
                    shutil.copyfile(self._path(first), aside)
                kept = f"; the file is kept as {aside}"
            except OSError as error:
                kept = f"; nor can the file be kept: {error}"
        self._journal.error("%s is damaged: records %d to %d cannot be sent%s", self.directory, index,
                            self.read_next - 1, kept)

    def read_again(self, index: int) -> None:
        """From this record on, which memory does not have after all."""
        self.read_next = min(self.read_next, index)

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
            os.close(self._tail.descriptor)
            self._tail = None
