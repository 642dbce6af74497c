"""What a client is told: checked once, shared by the blocking and the asyncio client."""

from __future__ import annotations

import dataclasses
import numbers
import os
import pathlib
import re
import ssl
from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Union

from .buffer import Identity
from .errors import ArgumentError
from .names import CLIENT_RULE, STREAM_RULE, is_client_name, is_stream_name, normalised
from .records import Default

DEFAULT_PORT = 8940
_ADDRESS = re.compile(r"(?:tcp://)?(?:\[([^\]]+)\]|([^:/\[\]]+))(?::(\d{1,5}))?/?")


class Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"


class Reject(NamedTuple):
    """A record that the server will never store as it is. `code` is PROTOCOL.md's; `offset` is the byte in the record
    at which the trouble begins, where that is known."""

    number: int
    code: str
    detail: str
    offset: Optional[int]
    record: bytes


@dataclasses.dataclass(frozen=True)
class Options:
    """README.md, "Arguments", explains each."""

    servers: List[Address]
    client: Optional[str]
    stream: Optional[str]
    ack: str
    window: int
    window_bytes: int
    batch_records: int
    batch_bytes: int
    batch_seconds: float
    compress: bool
    buffer_dir: Optional[pathlib.Path]
    buffer_bytes: int
    buffer_sync: bool
    when_full: str
    move: str
    tls: Optional[ssl.SSLContext]
    connect_timeout: float
    answer_timeout: float
    close_timeout: Optional[float]
    on_reject: Optional[Callable[[Reject], None]]
    on_ack: Optional[Callable[[int], None]]
    default: Optional[Default]

    def __post_init__(self) -> None:
        self._check("client", _is_none_or(is_client_name, self.client), CLIENT_RULE)
        self._check("stream", _is_none_or(is_stream_name, self.stream), STREAM_RULE)
        for name, words in (("ack", ("synced", "written")), ("when_full", ("block", "raise")),
                            ("move", ("resend", "keep"))):
            self._check(name, getattr(self, name) in words, " or ".join(map(repr, words)))
        for name in ("window", "window_bytes", "batch_records", "batch_bytes", "buffer_bytes"):
            self._check(name, _is_number(getattr(self, name), numbers.Integral) and getattr(self, name) >= 1,
                        "a whole number, at least 1")
        for name in ("compress", "buffer_sync"):
            self._check(name, isinstance(getattr(self, name), bool), "True or False")
        for name in ("connect_timeout", "answer_timeout"):
            self._check(name, is_seconds(getattr(self, name)) and getattr(self, name) > 0,
                        "a number of seconds, more than 0")
        self._check("batch_seconds", is_seconds(self.batch_seconds), SECONDS_RULE)
        self._check("close_timeout", self.close_timeout is None or is_seconds(self.close_timeout),
                    f"{SECONDS_RULE}, or None")
        self._check("tls", self.tls is None or isinstance(self.tls, ssl.SSLContext), "an ssl.SSLContext, or None")
        for name in ("on_reject", "on_ack", "default"):
            value = getattr(self, name)
            self._check(name, value is None or callable(value), "a function, or None")

    def _check(self, name: str, is_right: bool, rule: str) -> None:
        if not is_right:
            raise ArgumentError(name, getattr(self, name), rule)

    @property
    def identity(self) -> Identity:
        return Identity(self.client, self.stream)


SECONDS_RULE = "a number of seconds, 0 or more"
_SERVERS_RULE = "tcp://HOST:PORT, or several: a list, or text with commas"


def _is_none_or(is_name: Callable[[str], bool], value: Any) -> bool:
    return value is None or (isinstance(value, str) and is_name(value))


def _is_number(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def is_seconds(value: Any) -> bool:
    return _is_number(value, numbers.Real) and value >= 0


def check_timeout(value: Optional[float]) -> None:
    """Of a call that waits."""
    if value is not None and not is_seconds(value):
        raise ArgumentError("timeout", value, f"{SECONDS_RULE}, or None")


def parse_stream(stream: Any) -> Any:
    """In one spelling, if it is text at all: Options checks that."""
    return normalised(stream) if isinstance(stream, str) else stream


def parse_servers(servers: Union[str, Sequence[str]]) -> List[Address]:
    """tcp://HOST:PORT, in the order in which they are tried; several in a string stand between commas."""
    if isinstance(servers, str):
        servers = servers.split(",")
    if not isinstance(servers, (list, tuple)) or not all(isinstance(text, str) for text in servers):
        raise ArgumentError("servers", servers, _SERVERS_RULE)
    addresses = []
    for text in servers:
        match = _ADDRESS.fullmatch(text.strip())
        if not match or not 0 < int(match[3] or DEFAULT_PORT) < 65536:
            raise ArgumentError("servers", text.strip(), _SERVERS_RULE)
        addresses.append(Address(match[1] or match[2], int(match[3] or DEFAULT_PORT)))
    if not addresses:
        raise ArgumentError("servers", servers, _SERVERS_RULE)
    return addresses


def parse_directory(directory: Union[None, str, "os.PathLike[str]"]) -> Optional[pathlib.Path]:
    """Absolute from here on: the process may change its working directory."""
    if directory is None:
        return None
    if not isinstance(directory, (str, os.PathLike)) or not os.fspath(directory):
        raise ArgumentError("buffer_dir", directory, "the path of a directory")
    try:
        return pathlib.Path.cwd() / pathlib.Path(directory).expanduser()
    except (OSError, RuntimeError) as error:  # the working directory is gone; there is no such user
        raise ArgumentError("buffer_dir", os.fspath(directory), f"the path of a directory: {error}") from error
