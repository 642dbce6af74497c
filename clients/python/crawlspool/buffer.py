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
import logging
import os
import pathlib
import secrets
import struct
import time
import zlib
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from .entries import HEAD
from .errors import ConfigurationError, Full
from .segments import Segments, sync_directory

try:
    import fcntl
except ImportError:  # no POSIX: no locks between processes, and so no buffer directory
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger("crawlspool")

SUFFIX = ".buffer"
SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX = 4 << 10, 16 << 20
DISK_RETRY_SECONDS = 1.0  # after the disk was full
_MARK = struct.Struct(">QQ")


class Identity(NamedTuple):
    """Who a session belongs to, as hello has it."""

    client: Optional[str]
    stream: Optional[str]


class InUse(Exception):
    """Another process lives in this directory."""


class Buffer:
    """One NAME.buffer directory, locked. create() and open() make one."""

    def __init__(self, path: pathlib.Path, lock: int, identity: Identity, bytes_max: int, sync: bool) -> None:
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
        self.records = Segments(path, segment_bytes, sync)
        self.disk_full = ""  # why nothing is taken at the moment
        self._disk_full_until = 0.0
        self._mark = os.open(path / "mark", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._open = [self._mark, lock]

    # Making one

    @classmethod
    def create(cls, directory: pathlib.Path, identity: Identity, bytes_max: int, sync: bool) -> Buffer:
        """An empty one. It gets its name when it is whole, so that no other process takes half of one over."""
        directory.mkdir(parents=True, exist_ok=True)
        name = secrets.token_hex(8)
        making = directory / f".{name}.new"
        making.mkdir(mode=0o700)
        buffer = cls(making, _lock(making), identity, bytes_max, sync)
        buffer.save_session()
        path = directory / f"{name}{SUFFIX}"
        making.rename(path)
        sync_directory(directory)
        buffer.path = buffer.records.directory = path
        return buffer

    @classmethod
    def open(cls, path: pathlib.Path, bytes_max: int, sync: bool) -> Buffer:
        """One that a process before this one left; InUse if that lives."""
        lock = _lock(path)
        try:
            facts = json.loads((path / "session.json").read_text(encoding="utf-8"))
            buffer = cls(path, lock, Identity(facts["client"], facts["stream"]), bytes_max, sync)
            buffer.session, buffer.offset, buffer.home = facts["session"], facts["offset"], facts["home"]
        except FileNotFoundError:
            os.close(lock)
            raise InUse(str(path)) from None  # it is just being removed
        except (ValueError, KeyError, TypeError) as error:
            os.close(lock)
            raise ConfigurationError(f"{path}/session.json tells no session: {error!r}") from error
        buffer._read_mark()
        buffer.may_grow = buffer.records.recover(buffer.settled)
        buffer.recovered = buffer.records.next - 1
        return buffer

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
            self.records.begin_file()  # nothing in the old one is needed any more
            self.records.remove_settled(self.settled)
        return self.records.bytes + needed <= self.bytes_max

    def append(self, payload: bytes, read_back: bool) -> None:
        """`read_back`: memory has no room for it. Full where the disk is; OSError where it fails."""
        try:
            self.records.append(payload, read_back)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                self.disk_full = f"{self.path}: {error.strerror}"
                self._disk_full_until = time.monotonic() + DISK_RETRY_SECONDS
                raise Full(self.disk_full) from error
            raise

    # What is settled, and the session

    def settle(self, index: int, rejected: int) -> None:
        self.settled = max(self.settled, index)
        self.rejected = rejected
        data = _MARK.pack(self.settled, rejected)
        os.pwrite(self._mark, data + zlib.crc32(data).to_bytes(4, "big"), 0)
        self.records.remove_settled(self.settled)

    def change_session(self, session: str, offset: int) -> None:
        self.session, self.offset, self.rejected = session, offset, 0
        self.save_session()

    def save_session(self) -> None:
        """Written beside and renamed: at every moment there is a whole one."""
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

    # The end

    def close(self) -> None:
        """What is not settled waits in the directory for the next start."""
        try:
            if self.settled >= self.records.next - 1:
                self.records.remove_all()
                for name in ("session.json", "mark", "lock"):
                    (self.path / name).unlink()
                self.path.rmdir()
        except OSError as error:
            log.error("%s stays, with nothing in it that could be sent: %s", self.path, error)
        self.release()

    def release(self) -> None:
        """Lets go of the files as they are, once. A fork's child does so too: the lock stays its parent's."""
        self.records.close()
        descriptors, self._open = self._open, []
        for descriptor in descriptors:
            os.close(descriptor)


def _lock(path: pathlib.Path) -> int:
    if fcntl is None:
        raise ConfigurationError("buffer_dir needs flock(), which this system does not have")
    descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise InUse(str(path)) from error
    return descriptor


def open_buffers(directory: pathlib.Path, identity: Identity, bytes_max: int,
                 sync: bool) -> Tuple[Buffer, List[Buffer]]:
    """The buffer to write to, and what else processes before this one left in the directory. What was left under the
    same identity is gone on with; what cannot be read is told, and stays."""
    own: Optional[Buffer] = None
    others: List[Buffer] = []
    for path in sorted(directory.glob(f"*{SUFFIX}")):
        try:
            buffer = Buffer.open(path, bytes_max, sync)
        except InUse:
            continue
        except (ConfigurationError, OSError) as error:
            log.error("a buffer of records cannot be read, and stays: %s", error)
            continue
        if own is None and buffer.identity == identity and buffer.may_grow:
            own = buffer
        elif buffer.records.unread:
            others.append(buffer)
        else:
            buffer.close()
    return own or Buffer.create(directory, identity, bytes_max, sync), others
