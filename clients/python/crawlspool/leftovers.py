"""What processes before this one left in a buffer directory: taken over a few at a time, so that the leftovers of
hundreds take no more descriptors than those of a few. No lock: the owner has one."""

from __future__ import annotations

import pathlib
from collections import deque
from typing import Deque, Iterator, List, Optional, Set

from .buffer import SUFFIX, Buffer, Identity, read_session
from .errors import ConfigurationError
from .journal import AT_ONCE, Journal
from .ownership import InUse

AT_ONCE_MAX = 16  # directories that are held and not sent yet


class Leftovers:
    """`waiting` is empty only when nothing more is in the directory that this process may take."""

    def __init__(self, directory: pathlib.Path, bytes_max: int, sync: bool, journal: Journal = AT_ONCE) -> None:
        self.waiting: Deque[Buffer] = deque()
        self._directory = directory
        self._bytes_max = bytes_max
        self._sync = sync
        self._journal = journal
        self._reported: Set[pathlib.Path] = set()  # what cannot be read

    def open_own(self, identity: Identity) -> Buffer:
        """The buffer to write to: what was left under this identity is gone on with."""
        for path in self._find():
            buffer = self._open(path) if _is_of(identity, path) else None
            if buffer and buffer.may_grow:
                return buffer
            if buffer:
                self._keep(buffer)
        return Buffer.create(self._directory, identity, self._bytes_max, self._sync, self._journal)

    def take(self) -> None:
        """Fills `waiting`. One with nothing to send goes."""
        for path in self._find():
            if len(self.waiting) >= AT_ONCE_MAX:
                return
            buffer = self._open(path)
            if buffer:
                self._keep(buffer)

    def _keep(self, buffer: Buffer) -> None:
        if not buffer.records.unread:
            buffer.close()
        elif len(self.waiting) < AT_ONCE_MAX:
            self.waiting.append(buffer)
        else:
            buffer.release()

    def pop(self) -> Buffer:
        buffer = self.waiting.popleft()
        if not self.waiting:
            self.take()
        return buffer

    def give_up(self, buffer: Buffer, error: OSError) -> None:
        self._report(buffer.path, error)
        buffer.release()

    def _report(self, path: pathlib.Path, error: Exception) -> None:
        self._reported.add(path)
        self._journal.error("a buffer of records cannot be read, and stays: %s: %s", path.name, error)

    def held(self) -> List[Buffer]:
        return list(self.waiting)  # asyncio's may be counted by any thread

    def _find(self) -> Iterator[pathlib.Path]:
        return (path for path in sorted(self._directory.glob(f"*{SUFFIX}")) if path not in self._reported)

    def _open(self, path: pathlib.Path) -> Optional[Buffer]:
        """None where another process has it, or where it cannot be read: that is logged once, and it stays."""
        if not path.is_dir():
            self._reported.add(path)
            self._journal.warning("%s is left alone: it is no directory of a buffer", path)
            return None
        try:
            return Buffer.open(path, self._bytes_max, self._sync, self._journal)
        except InUse:
            return None
        except Exception as error:  # whatever lies there is no reason to send nothing
            self._report(path, error)
            return None


def _is_of(identity: Identity, path: pathlib.Path) -> bool:
    try:
        return read_session(path).identity == identity
    except (OSError, ConfigurationError):  # take() logs it
        return False
