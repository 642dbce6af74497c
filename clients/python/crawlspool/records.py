"""What send() takes and what of it travels: one JSON text in UTF-8."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Tuple, Union

from .errors import ConfigurationError
from .frames import LENGTH_MAX

# bytes and str are JSON texts already and travel as they are; anything else is written as JSON.
Record = Union[bytes, bytearray, memoryview, str, int, float, bool, None, Dict[str, Any], List[Any], Tuple[Any, ...]]

_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def encode(record: Record) -> bytes:
    """The record's bytes. TypeError or ValueError says what JSON cannot hold, before the record takes a number."""
    if isinstance(record, bytes):
        payload = record
    elif isinstance(record, str):
        payload = record.encode()
    elif isinstance(record, (bytearray, memoryview)):
        payload = bytes(record)
    else:
        payload = _to_json(record).encode()
    if len(payload) > LENGTH_MAX:
        raise ConfigurationError(f"a record of {len(payload)} bytes; no frame holds more than {LENGTH_MAX}")
    return payload
