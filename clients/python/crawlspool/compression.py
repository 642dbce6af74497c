"""zstd where this Python has it: its own module (3.14), else the `zstandard` package."""

from __future__ import annotations

import importlib
from typing import Callable, Optional

LEVEL = 1  # the wire's time counts, not the last byte: the server packs its segments by itself
WORTH_BYTES = 512  # below that a batch goes as it is
RATIO_CHECKED_ABOVE_BYTES = 1 << 20  # PROTOCOL.md, Zstd batch: from here on the ratio is capped
RATIO_MAX = 1000

Compress = Callable[[bytes], bytes]


def find_compress() -> Optional[Compress]:
    """A function that makes one zstd frame of bytes, with its content's size; None where there is no zstd."""
    try:
        own = importlib.import_module("compression.zstd")
        return lambda content: bytes(own.compress(content, LEVEL))
    except ImportError:
        pass
    try:
        package = importlib.import_module("zstandard")
    except ImportError:
        return None
    compressor = package.ZstdCompressor(level=LEVEL)
    return lambda content: bytes(compressor.compress(content))


def is_worth_it(content_bytes: int, packed_bytes: int) -> bool:
    """Whether a packed batch is smaller and within the server's cap."""
    capped = content_bytes > RATIO_CHECKED_ABOVE_BYTES and content_bytes > RATIO_MAX * packed_bytes
    return packed_bytes < content_bytes and not capped
