"""What a client is told: checked once, shared by the blocking and the asyncio client."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import ssl
from typing import Callable, List, NamedTuple, Optional, Sequence, Union

from .buffer import Identity
from .errors import ConfigurationError

DEFAULT_PORT = 8940
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_LABEL = re.compile(r"[A-Za-z0-9._:/-]{1,128}")
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

    def __post_init__(self) -> None:
        _check(self.client is None or _NAME.fullmatch(self.client) is not None,
               f"client is {self.client!r}; it is 1 to 128 of letters, digits, '.', '_', '-' and ':'")
        _check(self.stream is None or _LABEL.fullmatch(self.stream) is not None,
               f"stream is {self.stream!r}; it is 1 to 128 of letters, digits, '.', '_', '-', ':' and '/'")
        _check(self.ack in ("synced", "written"), f"ack is {self.ack!r}; it is 'synced' or 'written'")
        _check(self.when_full in ("block", "raise"), f"when_full is {self.when_full!r}; it is 'block' or 'raise'")
        _check(self.move in ("resend", "keep"), f"move is {self.move!r}; it is 'resend' or 'keep'")
        for name in ("window", "window_bytes", "batch_records", "batch_bytes", "buffer_bytes"):
            _check(getattr(self, name) >= 1, f"{name} is {getattr(self, name)}; it is at least 1")
        for name in ("connect_timeout", "answer_timeout"):
            _check(getattr(self, name) > 0, f"{name} is {getattr(self, name)}; it is more than 0 seconds")
        for name in ("batch_seconds", "close_timeout"):
            value = getattr(self, name)
            _check(value is None or value >= 0, f"{name} is {value}; it is 0 seconds or more")

    @property
    def identity(self) -> Identity:
        return Identity(self.client, self.stream)


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise ConfigurationError(message)


def parse_servers(servers: Union[str, Sequence[str]]) -> List[Address]:
    """tcp://HOST:PORT, in the order in which they are tried; several in a string stand between commas."""
    texts = servers.split(",") if isinstance(servers, str) else list(servers)
    addresses = []
    for text in texts:
        match = _ADDRESS.fullmatch(text.strip())
        if not match or not 0 < int(match[3] or DEFAULT_PORT) < 65536:
            raise ConfigurationError(f"servers holds {text.strip()!r}; an address is tcp://HOST:PORT")
        addresses.append(Address(match[1] or match[2], int(match[3] or DEFAULT_PORT)))
    _check(bool(addresses), "servers names no server")
    return addresses


def parse_directory(directory: Union[None, str, "os.PathLike[str]"]) -> Optional[pathlib.Path]:
    """Absolute from here on: the process may change its working directory."""
    if directory is None:
        return None
    try:
        return pathlib.Path.cwd() / pathlib.Path(directory).expanduser()
    except (OSError, RuntimeError) as error:  # the working directory is gone; there is no such user
        raise ConfigurationError(f"buffer_dir is {os.fspath(directory)!r}: {error}") from error
