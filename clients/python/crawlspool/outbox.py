"""The records a client holds: in the order they were put, each until it is settled. They are known by an index that
counts from 1 and never changes; what number an index has on the wire is the session's business.

In memory they stand in chunks, so that the work for a record is one append and the work for an ack is one chunk: those
on their way (`sent`) and those that wait. With a buffer every record is in its files before it is anywhere else; what
memory has no room for is only there (`spilled`) and is read back as room comes. No I/O but the buffer's, no lock: the
owner has one."""

from __future__ import annotations

from collections import deque
from typing import Deque, List, Optional

from .buffer import Buffer
from .errors import Full


class Chunk:
    """Records of consecutive indexes."""

    __slots__ = ("first", "payloads", "size")

    def __init__(self, first: int, payloads: List[bytes], size: int) -> None:
        self.first = first
        self.payloads = payloads
        self.size = size

    @property
    def last(self) -> int:
        return self.first + len(self.payloads) - 1

    def drop(self, count: int) -> int:
        """Without its first `count` records; their bytes."""
        size = sum(map(len, self.payloads[:count]))
        del self.payloads[:count]
        self.first += count
        self.size -= size
        return size


class Outbox:
    def __init__(self, window_records: int, window_bytes: int, chunk_records: int, chunk_bytes: int,
                 buffer: Optional[Buffer] = None) -> None:
        self.window_records = window_records
        self.window_bytes = window_bytes
        self.chunk_records = chunk_records
        self.chunk_bytes = chunk_bytes
        self.buffer = buffer
        self.next = buffer.records.next if buffer else 1  # the index of the next record that is put
        self.spilled = buffer.records.unread if buffer else 0  # records that are in the buffer only
        self._in_doubt = False  # a put() was cut short
        self.records = 0  # in memory
        self.bytes = 0
        self.settled = buffer.settled if buffer else 0  # up to this index nothing is held
        self.sent: Deque[Chunk] = deque()
        self.waiting: Deque[Chunk] = deque()
        self.refill()

    @property
    def held(self) -> int:
        return self.records + self.spilled

    @property
    def lowest(self) -> int:
        """The index of the first record held; of the next one if none is. What a damaged buffer lost is skipped."""
        for chunks in (self.sent, self.waiting):
            if chunks:
                return chunks[0].first
        return self.next

    def has_room(self, size: int) -> bool:
        """Whether one more record of this many bytes may be put. A record that is larger than the whole window may when
        it is the only one."""
        if self.buffer is not None:
            return self.buffer.has_room(size)
        return self._fits_memory(size)

    def say_why_full(self) -> str:
        if self.buffer is not None and self.buffer.disk_full:
            return self.buffer.disk_full
        return f"{self.held} are not settled yet"

    def is_crowded(self) -> bool:
        """Whether half of the room is used up: of the memory, or of the buffer where there is one."""
        if self.buffer is not None:
            return self.buffer.records.bytes * 2 > self.buffer.bytes_max
        return self.records * 2 > self.window_records or self.bytes * 2 > self.window_bytes

    def put(self, payload: bytes) -> None:
        """Full or OSError from the buffer: the record was not taken. Anything else that is raised, such as
        KeyboardInterrupt, leaves open whether it was."""
        if self._in_doubt:
            self._repair()
        self._in_doubt = True
        try:
            if self.buffer is not None:
                spills = self.spilled > 0 or not self._fits_memory(len(payload))
                self.buffer.append(payload, spills)
            else:
                spills = False
            if spills:
                self.spilled += 1
            else:
                self._append(self.next, payload)
            self.next += 1
        except (Full, OSError):
            self._in_doubt = False
            raise
        self._in_doubt = False

    def _repair(self) -> None:
        """After a put() that was cut short: what the chunks and the buffer's files hold counts."""
        if self.waiting:
            chunk = self.waiting[-1]
            chunk.size = sum(map(len, chunk.payloads))
        chunks = [*self.sent, *self.waiting]
        self.records = sum(len(chunk.payloads) for chunk in chunks)
        self.bytes = sum(chunk.size for chunk in chunks)
        if self.buffer is None:
            self.next = chunks[-1].last + 1 if chunks else self.next
        else:
            records = self.buffer.records
            records.repair()
            if not self.spilled:
                records.read_again(chunks[-1].last + 1 if chunks else self.next)
            self.next, self.spilled = records.next, records.unread
        self._in_doubt = False

    def _fits_memory(self, size: int) -> bool:
        return not self.records or (self.records < self.window_records and self.bytes + size <= self.window_bytes)

    def _append(self, index: int, payload: bytes) -> None:
        size = len(payload)
        waiting = self.waiting
        if waiting:
            chunk = waiting[-1]
            payloads = chunk.payloads
            if (len(payloads) < self.chunk_records and chunk.size + size <= self.chunk_bytes
                    and chunk.first + len(payloads) == index):
                payloads.append(payload)
                chunk.size += size
            else:
                waiting.append(Chunk(index, [payload], size))
        else:
            waiting.append(Chunk(index, [payload], size))
        self.records += 1
        self.bytes += size

    def fetch(self) -> None:
        """Before something is taken: reads back what a put() that was cut short left in the buffer alone. Where memory
        holds nothing, no ack is to come that would do so. By the thread that sends, in which no Ctrl-C is raised."""
        if not self.waiting:
            if self._in_doubt:
                self._repair()
            self.refill()

    def refill(self) -> None:
        """Reads back from the buffer what memory has room for."""
        while self.spilled and self.buffer is not None:
            if self.records and (self.records >= self.window_records or self.bytes >= self.window_bytes):
                return
            entry = self.buffer.records.read()
            self.spilled = self.buffer.records.unread
            if entry is None:  # the rest is damaged
                return
            self._append(*entry)

    def has_full_chunk(self) -> bool:
        """Whether nothing is won by waiting for more records."""
        if len(self.waiting) > 1:
            return True
        if not self.waiting:
            return False
        chunk = self.waiting[0]
        return len(chunk.payloads) >= self.chunk_records or chunk.size * 2 > self.chunk_bytes

    def take(self, count: int) -> Chunk:
        """The first `count` records of the first waiting chunk are on their way from now on."""
        if self._in_doubt:
            self._repair()
        chunk = self.waiting[0]
        if count < len(chunk.payloads):
            part = Chunk(chunk.first, chunk.payloads[:count], 0)
            part.size = chunk.drop(count)
            chunk = part
        else:
            self.waiting.popleft()
        self.sent.append(chunk)
        return chunk

    def rewind(self) -> None:
        """Nothing is on its way any more; all that is held goes out again."""
        self.waiting.extendleft(reversed(self.sent))
        self.sent.clear()

    def find(self, index: int) -> bytes:
        """The payload of a record in memory; empty if it is not there."""
        for chunks in (self.sent, self.waiting):
            for chunk in chunks:
                if chunk.first <= index <= chunk.last:
                    return chunk.payloads[index - chunk.first]
        return b""

    def settle(self, index: int, rejected: int) -> int:
        """Forgets everything up to this index and says how many records that were. `rejected` is kept with the mark."""
        if self._in_doubt:
            self._repair()
        before = self.held
        if index <= self.settled:
            return 0
        self.settled = index
        for chunks in (self.sent, self.waiting):
            while chunks and chunks[0].first <= index:
                chunk = chunks[0]
                if chunk.last <= index:
                    chunks.popleft()
                    count, size = len(chunk.payloads), chunk.size
                else:
                    count = index - chunk.first + 1
                    size = chunk.drop(count)
                self.records -= count
                self.bytes -= size
        if self.buffer is not None:
            if self.spilled:
                self.buffer.records.skip(index)
                self.spilled = self.buffer.records.unread
            self.buffer.settle(index, rejected)
            self.refill()
        return before - self.held
