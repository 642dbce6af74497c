"""Sizes and durations as this project's documents and configuration write them: 64MiB, 30s."""

from __future__ import annotations

import re
from typing import Mapping

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)")
_SIZES = {"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
SIZE_RULE = "a number of bytes, or of B, KiB, MiB, GiB or TiB, such as 64MiB"
DURATION_RULE = "a number of seconds, or of ms, s, m, h or d, such as 30s"


def parse_size(text: str) -> int:
    """ValueError where it is none."""
    return int(_parse(text, _SIZES))


def parse_duration(text: str) -> float:
    """In seconds. ValueError where it is none."""
    return _parse(text, _SECONDS)


def _parse(text: str, units: Mapping[str, float]) -> float:
    match = _QUANTITY.fullmatch(text.strip())
    if not match or match[2] not in units:
        raise ValueError(text)
    number = float(match[1]) if "." in match[1] else int(match[1])
    return number * units[match[2]]
