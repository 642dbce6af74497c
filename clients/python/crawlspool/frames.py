"""Frames as PROTOCOL.md has them: a 4-byte big-endian header (type in the top 4 bits, length in the low 28), then the
payload. Pure functions and a reader for the server's side; no I/O."""

from __future__ import annotations

import json
import struct
from typing import Any, Iterator, List, Sequence, Tuple

RECORD, HELLO, BATCH, ZSTD_BATCH, PING, PONG, BYE = range(7)

HEADER_BYTES = 4
LENGTH_MAX = (1 << 28) - 1
TLS_ALERT = 0x1503  # the first bytes of what a TLS server says to one that speaks none
MESSAGE_BYTES_MAX = 64 * 1024  # the server never sends a longer one

_HEADER = struct.Struct(">I")


class ProtocolError(Exception):
    """What came is no frame of a crawlspool server."""


def frame(payload: bytes, kind: int = RECORD) -> bytes:
    return _HEADER.pack(kind << 28 | len(payload)) + payload


def record_frames(payloads: Sequence[bytes]) -> bytes:
    """Each record in a frame of its own."""
    parts: List[bytes] = []
    pack = _HEADER.pack
    for payload in payloads:
        parts.append(pack(len(payload)))
        parts.append(payload)
    return b"".join(parts)


def join_batch(payloads: Sequence[bytes]) -> bytes:
    """The content of a batch; empty where these records cannot travel in one: it is split at each 0A, takes one 0D off
    a line's end, and passes over blank lines."""
    content = b"\n".join(payloads)
    if content.count(b"\n") != len(payloads) - 1 or content[:1] == b"\n" or content[-1:] in (b"\n", b"\r"):
        return b""
    if b"\n\n" in content or b"\r\n" in content:
        return b""
    return content


class MessageReader:
    """Takes a connection's bytes as they come and gives (key, value) for each whole message."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Tuple[str, Any]]:
        buffer = self._buffer
        buffer += data
        start = 0
        try:
            while len(buffer) - start >= HEADER_BYTES:
                (word,) = _HEADER.unpack_from(buffer, start)
                if word >> 16 == TLS_ALERT:
                    raise ProtocolError("a TLS server answers: its address is tls://HOST:PORT")
                if word > MESSAGE_BYTES_MAX:
                    raise ProtocolError(f"no crawlspool server answers: its bytes begin with {bytes(buffer[:16])!r}")
                end = start + HEADER_BYTES + word
                if len(buffer) < end:
                    return
                text = bytes(buffer[start + HEADER_BYTES:end])
                start = end
                yield _message(text)
        finally:
            del buffer[:start]


def _message(text: bytes) -> Tuple[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict) or len(message) != 1:
        raise ProtocolError(f"the server sent a message that is no object of one member: {text[:80]!r}")
    ((key, value),) = message.items()
    return key, value
