"""A buffer directory: a session and its records on disk beside the worker, each with its number before it is sent, so
that the session can outlive its process (PROTOCOL.md, "What a client must do", 10).

    BUFFER_DIR/NAME.buffer/     one session of one process at a time, which holds a lock on `lock`
        lock
        session.json            the session's digits (a secret: the directory is private), who speaks it, and `offset`:
                                a record's number on the wire is its index less the offset
        mark                    u64 index up to which all is settled, u64 rejected records, u32 crc32 of both
        *.records               see segments.py

A record whose entry was written whole survives the process; with `sync` it is on the disk before it is sent, and
survives the machine. When the session's last record is settled and its process ends, the directory goes."""

from __future__ import annotations

import errno
import json
import os
import pathlib
import re
import secrets
import shutil
import struct
import time
import zlib
from typing import Any, Dict, NamedTuple, Optional

from .entries import HEAD
from .errors import ConfigurationError, Full
from .journal import AT_ONCE, Journal
from .ownership import InUse, lock_directory, remove_empty
from .segments import Segments, find_files, sync_directory

SUFFIX = ".buffer"
SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX = 4 << 10, 16 << 20
DISK_RETRY_SECONDS = 1.0  # after the disk was full
_MARK = struct.Struct(">QQ")
_SESSION = re.compile(r"[0-9a-f]{32}")


class Identity(NamedTuple):
    """Who a session belongs to, as hello has it."""

    client: Optional[str]
    stream: Optional[str]


class Facts(NamedTuple):
    """What session.json says."""

    session: str
    offset: int
    home: str
    identity: Identity


def read_session(path: pathlib.Path) -> Facts:
    """Of a NAME.buffer directory, locked or not."""
    try:
        facts = json.loads((path / "session.json").read_text(encoding="utf-8"))
        found = Facts(str(facts["session"]), int(facts["offset"]), str(facts["home"]),
                      Identity(facts["client"], facts["stream"]))
        if not _SESSION.fullmatch(found.session):
            raise ValueError("a session is 32 hex digits")
        if not all(name is None or isinstance(name, str) for name in found.identity):
            raise TypeError("client and stream are text, or null")
        return found
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError, RecursionError) as error:
        raise ConfigurationError(f"{path}/session.json names no session: {error!r}") from error


class Buffer:
    """One NAME.buffer directory, locked. create() and open() make one."""

    def __init__(self, path: pathlib.Path, lock: int, identity: Identity, bytes_max: int, sync: bool,
                 journal: Journal = AT_ONCE) -> None:
        self.path = path
        self.identity = identity
        self.bytes_max = bytes_max
        self.session = secrets.token_hex(16)
        self.offset = 0
        self.home = ""  # the server that records were sent to
        self.settled = 0
        self.rejected = 0
        self.recovered = 0  # the highest index that a process before this one may have sent
        self.may_grow = True  # not where damage hides which numbers were used
        segment_bytes = max(SEGMENT_BYTES_MIN, min(SEGMENT_BYTES_MAX, bytes_max // 8))
        self._journal = journal
        self.records = Segments(path, segment_bytes, sync, journal)
        self.disk_full = ""  # why nothing is taken at the moment
        self._disk_full_until = 0.0
        self._failing = False
        self._is_saved = False
        self._open = [lock]
        try:
            self._mark = os.open(path / "mark", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            os.close(lock)
            raise
        self._open.append(self._mark)

    # Making one

    @classmethod
    def create(cls, directory: pathlib.Path, identity: Identity, bytes_max: int, sync: bool,
               journal: Journal = AT_ONCE) -> Buffer:
        """An empty one. It gets its name when it is whole, so that no other process takes half of one over."""
        directory.mkdir(parents=True, exist_ok=True)
        name = secrets.token_hex(8)
        making = directory / f".{name}.new"
        path = directory / f"{name}{SUFFIX}"
        making.mkdir(mode=0o700)
        buffer = None
        try:
            (making / "lock").touch(0o600)
            buffer = cls(making, lock_directory(making), identity, bytes_max, sync, journal)
            buffer._write_mark()  # so that it has its place on the disk
            buffer.save_session()
            making.rename(path)
            sync_directory(directory)
        except BaseException:
            if buffer:
                buffer.release()
            for remains in (making, path):
                shutil.rmtree(remains, ignore_errors=True)
            raise
        buffer.path = buffer.records.directory = path
        return buffer

    @classmethod
    def open(cls, path: pathlib.Path, bytes_max: int, sync: bool, journal: Journal = AT_ONCE) -> Buffer:
        """One that a process before this one left; InUse if that lives, or has just ended."""
        try:
            lock = lock_directory(path)
        except FileNotFoundError:
            if any(path.glob("*.json")) or find_files(path):
                raise ConfigurationError(f"{path} holds records and no lock file: touch {path / 'lock'}") from None
            remove_empty(path)
            raise InUse(str(path)) from None
        try:
            facts = read_session(path)
        except (OSError, ConfigurationError) as error:
            os.close(lock)
            if isinstance(error, FileNotFoundError) and not find_files(path):
                remove_empty(path)
                raise InUse(str(path)) from None
            raise
        buffer = cls(path, lock, facts.identity, bytes_max, sync, journal)
        try:
            buffer._recover(facts)
        except BaseException:
            buffer.release()
            raise
        return buffer

    def _recover(self, facts: Facts) -> None:
        self.session, self.offset, self.home, self._is_saved = facts.session, facts.offset, facts.home, True
        self._read_mark()
        self.may_grow = self.records.recover(self.settled)
        self.recovered = self.records.next - 1

    def _read_mark(self) -> None:
        data = os.pread(self._mark, _MARK.size + 4, 0)
        if len(data) == _MARK.size + 4 and zlib.crc32(data[:-4]) == int.from_bytes(data[-4:], "big"):
            self.settled, self.rejected = _MARK.unpack(data[:-4])

    # Records

    def has_room(self, size: int) -> bool:
        needed = HEAD.size + size
        if needed > self.bytes_max:
            raise ConfigurationError(f"a record of {size} bytes never fits into a buffer of {self.bytes_max} bytes")
        if self.disk_full:
            if time.monotonic() < self._disk_full_until:
                return False
            self.disk_full = ""
        if self.records.bytes + needed > self.bytes_max and self.settled == self.records.next - 1:
            try:
                self.records.begin_file()  # nothing in the old one is needed any more
                self.records.remove_settled(self.settled)
            except OSError as error:
                self._note_full(error)
                return False
        return self.records.bytes + needed <= self.bytes_max

    def _note_full(self, error: OSError) -> None:
        self.disk_full = f"{self.path}: {error.strerror}"
        self._disk_full_until = time.monotonic() + DISK_RETRY_SECONDS

    def append(self, payload: bytes, read_back: bool) -> None:
        """`read_back`: memory has no room for it. Full where the disk is; OSError where it fails."""
        try:
            self.records.append(payload, read_back)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                self._note_full(error)
                raise Full(self.disk_full) from error
            raise

    # What is settled, and the session

    def settle(self, index: int, rejected: int) -> None:
        """A disk that fails at this costs no record: what is taken for unsettled is asked of the server again."""
        self.settled = max(self.settled, index)
        self.rejected = rejected
        try:
            self._write_mark()
            self.records.remove_settled(self.settled)
            self._failing = False
        except OSError as error:
            if not self._failing:
                self._journal.warning("what is settled cannot be noted in %s for now: %s", self.path, error)
            self._failing = True

    def _write_mark(self) -> None:
        data = _MARK.pack(self.settled, self.rejected)
        os.pwrite(self._mark, data + zlib.crc32(data).to_bytes(4, "big"), 0)

    def change_session(self, session: str, offset: int) -> None:
        self.session, self.offset, self.rejected = session, offset, 0
        self._is_saved = False
        self.save_session()

    def change_home(self, home: str) -> None:
        self.home = home
        self._is_saved = False
        self.save_session()

    def save_session(self) -> None:
        """Before it is spoken. Written beside and renamed: at every moment there is a whole one."""
        if self._is_saved:
            return
        facts: Dict[str, Any] = {"version": 1, "session": self.session, "offset": self.offset, "home": self.home,
                                 "client": self.identity.client, "stream": self.identity.stream}
        new = self.path / "session.json.new"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(facts, file)
            file.flush()
            os.fsync(file.fileno())
        new.rename(self.path / "session.json")
        sync_directory(self.path)
        self._is_saved = True

    # The end

    def close(self) -> None:
        """What is not settled waits in the directory for the next start."""
        try:
            if self.settled >= self.records.next - 1:
                self.records.remove_all()
                (self.path / "session.json").unlink()
                remove_empty(self.path)
                if self.path.exists():
                    self._journal.warning("%s stays: nothing in it can be sent", self.path)
        except OSError as error:
            self._journal.error("%s stays, with nothing in it that could be sent: %s", self.path, error)
        self.release()

    def release(self) -> None:
        """Lets go of the files as they are, once. A fork's child does so too: the lock stays its parent's."""
        self.records.close()
        descriptors, self._open = self._open, []
        for descriptor in descriptors:
            os.close(descriptor)
