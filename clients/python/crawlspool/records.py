"""A record's bytes. What JSON does not know is written as its nearest JSON; what has none is refused with its place in
the record."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import json
import uuid
from collections.abc import Mapping
from typing import Any, Callable, Iterator, List, Optional, Set, Tuple

from .errors import ConfigurationError
from .frames import LENGTH_MAX

# bytes and str are JSON texts already and travel as they are; anything else is written as JSON.
Record = Any
Default = Callable[[Any], Any]

_PLACE_MAX = 200  # characters of a place that are shown


def plain(value: Any) -> Any:
    """What JSON does not know by itself, nearer to it by one step; TypeError for what has no JSON of its own."""
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)  # every digit of it, which a number of JSON's readers may not keep
    if isinstance(value, (set, frozenset)):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if hasattr(type(value), "__attrs_attrs__"):
        return {field.name: getattr(value, field.name) for field in type(value).__attrs_attrs__}
    if hasattr(value, "dtype") and hasattr(value, "tolist"):  # numpy's scalars and arrays, and what does as they do
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON")


class Encoder:
    """`default` is asked for what neither JSON nor plain() knows: it returns something that they do, or raises
    TypeError."""

    default_name = "the client's argument `default`"  # in complaints

    def __init__(self, default: Optional[Default] = None) -> None:
        self._default = default
        self._to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False,
                                         default=self._convert).encode

    def __call__(self, record: Record) -> bytes:
        """TypeError or ValueError says what JSON cannot hold, before the record takes a number."""
        if isinstance(record, bytes):
            return _checked(record)
        if isinstance(record, str):
            try:
                return _checked(record.encode())
            except UnicodeEncodeError as error:
                raise ValueError(f"the record {_text_fault(error)}") from None
        if isinstance(record, (bytearray, memoryview)):
            return _checked(bytes(record))
        return self.value(record)

    def value(self, value: Any) -> bytes:
        """Written as JSON whatever it is, text too."""
        try:
            return _checked(self._to_json(value).encode())
        except ConfigurationError:
            raise
        except (TypeError, ValueError, RecursionError) as error:
            raise self._fault(value, error) from error

    def plain(self, value: Any) -> Any:
        return plain(value)

    def _convert(self, value: Any) -> Any:
        try:
            return self.plain(value)
        except TypeError:
            if self._default is None:
                raise
            return self._default(value)

    def _fault(self, record: Any, error: Exception) -> Exception:
        """What is wrong where. Only once it has gone wrong."""
        kind = TypeError if isinstance(error, TypeError) else ValueError
        try:
            for place, value, key in self._walk(record, "record", set()):
                words = _key_fault(key) if key is not None else self._value_fault(value)
                if words:
                    return kind(f"{_clipped(place)} {words}")
        except RecursionError:
            return ValueError("the record is nested too deeply")
        return error if not isinstance(error, RecursionError) else ValueError("the record is nested too deeply")

    def _walk(self, value: Any, place: str, above: Set[int]) -> Iterator[Tuple[str, Any, Any]]:
        """(place, value, None) of each value that holds no others, (place, None, (key,)) of each key."""
        if isinstance(value, (str, int, float, bool, type(None))):
            yield place, value, None
            return
        if id(value) in above:
            raise ValueError(f"{_clipped(place)} holds itself")
        above = above | {id(value)}
        if isinstance(value, dict):
            for key, member in value.items():
                inner = f"{place}[{key!r}]"
                yield inner, None, (key,)
                yield from self._walk(member, inner, above)
        elif isinstance(value, (list, tuple)):
            for index, member in enumerate(value):
                yield from self._walk(member, f"{place}[{index}]", above)
        else:
            try:
                nearer = self._convert(value)
            except (TypeError, ValueError):
                yield place, value, None
            else:
                yield from self._walk(nearer, place, above)

    def _value_fault(self, value: Any) -> str:
        try:
            if isinstance(value, str):
                value.encode()
            self._to_json(value).encode()
        except UnicodeEncodeError as error:
            return _text_fault(error)
        except (TypeError, ValueError) as error:
            if isinstance(value, float):
                return f"is {value}, and JSON has no such number"
            if isinstance(value, (bytes, bytearray, memoryview)):
                return "holds bytes, and JSON holds text only; crawlspool.pages makes one of the other"
            if self._default is not None:
                return f"is of the type {_type_name(value)}, and {self.default_name} makes no JSON of it: {error}"
            return (f"is of the type {_type_name(value)}, which JSON cannot hold; {self.default_name} may be a function "
                    "that makes something of it that JSON can")
        return ""


def _key_fault(key: Tuple[Any]) -> str:
    (name,) = key
    if not isinstance(name, (str, int, float, bool, type(None))):
        return f"has a key of the type {_type_name(name)}; a key is text"
    try:
        str(name).encode()
    except UnicodeEncodeError as error:
        return "has a key that " + _text_fault(error)
    return f"has the key {name}, and JSON has no such number" if name != name or name in _INFINITIES else ""


_INFINITIES: List[Any] = [float("inf"), float("-inf")]


def _text_fault(error: UnicodeEncodeError) -> str:
    return f"holds half a surrogate pair at character {error.start}, which is no Unicode text"


def _type_name(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _clipped(place: str) -> str:
    return place if len(place) <= _PLACE_MAX else place[:_PLACE_MAX] + "…"


def _checked(payload: bytes) -> bytes:
    if len(payload) > LENGTH_MAX:
        raise ConfigurationError(f"a record of {len(payload)} bytes; no frame holds more than {LENGTH_MAX}")
    return payload
