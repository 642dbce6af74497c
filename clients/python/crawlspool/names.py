"""The names that hello gives: of a client, and of a stream (PROTOCOL.md, "Hello")."""

from __future__ import annotations

import re
import unicodedata

BYTES_MAX = 128
CLIENT_RULE = "1 to 128 of letters, digits, '.', '_', '-' and ':'"
STREAM_RULE = ("1 to 128 bytes of UTF-8 without spaces and other separators, control, format and private-use "
               "characters")
_CLIENT = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_REFUSED = {"Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"}


def is_client_name(text: str) -> bool:
    return _CLIENT.fullmatch(text) is not None


def is_stream_name(text: str) -> bool:
    """By the version of Unicode that this Python has. What that has not assigned is taken: the server judges."""
    return not any(map(_is_refused, text)) and 0 < len(text.encode()) <= BYTES_MAX


def normalised(text: str) -> str:
    """One spelling of each name: the server compares bytes."""
    return unicodedata.normalize("NFC", text)


def nearest_stream_name(text: str) -> str:
    """`text` as far as a stream's name can have it: _ for each character that cannot be in one, and cut."""
    fitting = "".join("_" if _is_refused(character) else character for character in normalised(text))
    return fitting.encode()[:BYTES_MAX].decode(errors="ignore") or "_"


def _is_refused(character: str) -> bool:
    point = ord(character)
    is_noncharacter = point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
    return is_noncharacter or unicodedata.category(character) in _REFUSED
