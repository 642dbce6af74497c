"""How records go out: how many in one piece, in a batch or each in a frame of its own, compressed or not. By the limits
of PROTOCOL.md, which the server's welcome brings. No I/O, no lock."""

from __future__ import annotations

from typing import List, NamedTuple, Tuple

from . import frames
from .compression import WORTH_BYTES, find_compress, is_worth_it


class Limits(NamedTuple):
    """The server's; these until a welcome says otherwise."""

    record_bytes_max: int = 16 << 20
    batch_bytes_max: int = 32 << 20
    batch_records_max: int = 65536


class Piece(NamedTuple):
    """What goes out in one go: records of consecutive numbers."""

    first: int
    payloads: List[bytes]
    plain: bool  # each in a frame of its own


class Batcher:
    def __init__(self, compress: bool) -> None:
        self.limits = Limits()
        self.plain_until = 0  # up to this number nothing goes in batches: one was refused
        self._compress = find_compress() if compress else None

    def measure(self, number: int, payloads: List[bytes], size: int) -> Tuple[int, bool]:
        """How many of these records go out in one go, and whether each in a frame of its own. 0: the first is too large
        for any frame. `number` is the first one's, `size` their bytes."""
        record_bytes_max, batch_bytes_max, batch_records_max = self.limits
        if number <= self.plain_until:
            payloads = payloads[:self.plain_until - number + 1]
            for count, payload in enumerate(payloads):
                if len(payload) > record_bytes_max:
                    return count, True
            return len(payloads), True
        if len(payloads) > batch_records_max or size + len(payloads) > batch_bytes_max:
            size = 0
            for count, payload in enumerate(payloads):
                size += len(payload) + 1
                if size > batch_bytes_max or count == batch_records_max:
                    payloads = payloads[:count]
                    break
            if not payloads:
                return self._measure_large(payload)
        if size > record_bytes_max:
            for count, payload in enumerate(payloads):
                if len(payload) > record_bytes_max:
                    return (count, False) if count else self._measure_large(payload)
        return len(payloads), False

    def _measure_large(self, payload: bytes) -> Tuple[int, bool]:
        """A record over the limit costs only itself where it is a line of a batch."""
        if len(payload) <= self.limits.record_bytes_max:
            return 1, True
        fits = len(payload) <= self.limits.batch_bytes_max and frames.join_batch([payload])
        return (1, False) if fits else (0, True)

    def encode(self, piece: Piece) -> bytes:
        """Its frames: the costly part."""
        if not piece.plain:
            content = frames.join_batch(piece.payloads)
            if content and self._compress and len(content) >= WORTH_BYTES:
                compressed = self._compress(content)
                if is_worth_it(len(content), len(compressed)):
                    return frames.frame(compressed, frames.ZSTD_BATCH)
            if content and (len(piece.payloads) > 1 or len(content) > self.limits.record_bytes_max):
                return frames.frame(content, frames.BATCH)
        return frames.record_frames(piece.payloads)
