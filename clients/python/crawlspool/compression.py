"""zstd where this Python has it: its own module (3.14), else the `zstandard` package. It is looked for as this module
is imported, not later: a fork while another thread imports leaves the child waiting for that import for ever."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Callable, Optional

LEVEL = 1  # the wire's time counts, not the last byte
WORTH_BYTES = 512  # below that a batch goes as it is
RATIO_CHECKED_ABOVE_BYTES = 1 << 20  # PROTOCOL.md, Zstd batch: from here on the ratio is capped
RATIO_MAX = 1000

Compress = Callable[[bytes], bytes]


def _find(name: str) -> Optional[ModuleType]:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


_own = _find("compression.zstd")
_package = None if _own else _find("zstandard")


def find_compress() -> Optional[Compress]:
    """A function that makes one zstd frame of bytes, with its content's size; None where there is no zstd. For one
    thread."""
    if _own:
        own = _own
        return lambda content: bytes(own.compress(content, LEVEL))
    if _package:
        compressor = _package.ZstdCompressor(level=LEVEL)
        return lambda content: bytes(compressor.compress(content))
    return None


def is_worth_it(content_bytes: int, compressed_bytes: int) -> bool:
    """Whether a compressed batch is smaller and within the server's cap."""
    capped = content_bytes > RATIO_CHECKED_ABOVE_BYTES and content_bytes > RATIO_MAX * compressed_bytes
    return compressed_bytes < content_bytes and not capped
