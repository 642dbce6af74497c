"""The settings of a client: checked once, shared by the blocking and the asyncio client."""

from __future__ import annotations

import dataclasses
import numbers
import os
import pathlib
import re
import socket
import ssl
import urllib.parse
from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Union

from .buffer import Identity
from .errors import ArgumentError
from .names import CLIENT_RULE, STREAM_RULE, is_client_name, is_stream_name, normalised
from .records import Default
from .tls import Path, Trust, read_files

DEFAULT_PORT = 8940
_ADDRESS = re.compile(r"(?:(tcp|tls)://)?(?:\[([^\]]+)\]|([^:/\[\]]+))(?::(\d{1,5}))?/?")
_UNIX = "unix://"
_PATH_BYTES_MAX = 107  # what the kernel has room for, less the NUL at its end
_PATH_EXAMPLE = "unix:///run/crawlspool/stream.sock"
_TOKEN_CHARACTERS_MAX = 1024
_BAD_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


class Address(NamedTuple):
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"


class TlsAddress(NamedTuple):
    """Of a listener that speaks TLS."""

    at: Address

    def __str__(self) -> str:
        return str(self.at).replace("tcp", "tls", 1)


class SocketPath(NamedTuple):
    """The file of a unix socket, at which a server of this machine listens."""

    path: str

    def __str__(self) -> str:
        return _UNIX + urllib.parse.quote(os.fsencode(self.path), safe="/:@+=")


Server = Union[Address, TlsAddress, SocketPath]


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

    servers: List[Server]
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
    tls_ca: Path = None
    tls_certificate: Path = None
    tls_key: Path = None
    token: Optional[str] = dataclasses.field(default=None, repr=False)
    _trust: Optional[Trust] = dataclasses.field(init=False, default=None)
    _tls_always: bool = dataclasses.field(init=False, default=False)

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
        self._check_token()
        self._check_tls()
        for name in ("on_reject", "on_ack", "default"):
            value = getattr(self, name)
            self._check(name, value is None or callable(value), "a function, or None")

    def _check_token(self) -> None:
        """A wrong one is not shown: it may be all but right."""
        token = self.token
        if token is None or (isinstance(token, str) and token and len(token) <= _TOKEN_CHARACTERS_MAX
                             and token.isascii() and token.isprintable() and " " not in token):
            return
        raise ArgumentError("token", type(token), "a token's text, as `crawlspool token new` prints it, or None")

    def _check_tls(self) -> None:
        context = self.tls
        self._check("tls", context is None or isinstance(context, ssl.SSLContext), "an ssl.SSLContext, or None")
        if context is not None and context.protocol == ssl.PROTOCOL_TLS_SERVER:
            raise ArgumentError("tls", context, "a context for clients, as ssl.create_default_context() makes it")
        files = read_files(self.tls_ca, self.tls_certificate, self.tls_key)
        for name in ("tls_ca", "tls_certificate", "tls_key"):
            if context is not None and getattr(self, name) is not None:
                raise ArgumentError(name, getattr(self, name), "None where tls is given: the context has its own files")
        kinds = {type(server) for server in self.servers}
        is_wanted = context is not None or any(files)
        for server in self.servers:
            if is_wanted and TlsAddress not in kinds and isinstance(server, SocketPath):
                raise ArgumentError("servers", str(server), _TLS_RULE)
        object.__setattr__(self, "_tls_always", is_wanted)
        object.__setattr__(self, "_trust", Trust(context, files) if is_wanted or TlsAddress in kinds else None)

    def trust_of(self, server: Server) -> Optional[Trust]:
        """By which TLS with this server is checked; None: it is spoken to without TLS. With an argument for TLS no TCP
        connection is without it, and where some servers have it, none is that a buffer names and `servers` does not."""
        if isinstance(server, SocketPath):
            return None
        if isinstance(server, TlsAddress):
            return self._trust or Trust(None, read_files())
        return self._trust if self._tls_always or server not in self.servers else None

    def explain(self, server: Server, error: BaseException) -> str:
        """Why there is no connection to this server, or no longer."""
        trust = self.trust_of(server)
        return trust.explain(error) if trust else str(error) or repr(error)

    def _check(self, name: str, is_right: bool, rule: str) -> None:
        if not is_right:
            raise ArgumentError(name, getattr(self, name), rule)

    @property
    def identity(self) -> Identity:
        return Identity(self.client, self.stream)


SECONDS_RULE = "a number of seconds, 0 or more"
_SERVERS_RULE = "tcp://HOST:PORT or unix:///PATH, or tls://HOST:PORT, or several: a list, or text with commas"
_TLS_RULE = ("tls://HOST:PORT where tls or tls_… is given: unix sockets have no TLS, and a client of one is made without "
             "tls")


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


def parse_servers(servers: Union[str, Sequence[str]]) -> List[Server]:
    """Reads tcp://HOST:PORT, tls://HOST:PORT and unix:///PATH, in the order in which they are tried; several in a string stand between
    commas."""
    if isinstance(servers, str):
        servers = servers.split(",")
    if not isinstance(servers, (list, tuple)) or not all(isinstance(text, str) for text in servers):
        raise ArgumentError("servers", servers, _SERVERS_RULE)
    if not servers:
        raise ArgumentError("servers", servers, _SERVERS_RULE)
    return [_parse_unix(text) if text.startswith(_UNIX) else _parse_tcp(text) for text in map(str.strip, servers)]


def _parse_tcp(text: str) -> Server:
    match = _ADDRESS.fullmatch(text)
    if not match or not 0 < int(match[4] or DEFAULT_PORT) < 65536:
        raise ArgumentError("servers", text, _SERVERS_RULE)
    address = Address(match[2] or match[3], int(match[4] or DEFAULT_PORT))
    return TlsAddress(address) if match[1] == "tls" else address


def _parse_unix(text: str) -> SocketPath:
    """Decodes %XX in the path; ArgumentError says what to write instead of what cannot be connected to."""
    written = text[len(_UNIX):]
    path = urllib.parse.unquote_to_bytes(os.fsencode(written))
    if not hasattr(socket, "AF_UNIX"):
        rule = "tcp://HOST:PORT: this system's Python has no unix sockets"
    elif path.startswith(b"@"):
        rule = f"the path of a socket's file, as in {_PATH_EXAMPLE}: an abstract name is none, and any user may take it"
    elif not path.startswith(b"/"):
        rule = f"unix:// and then an absolute path, with three slashes in a row: {_PATH_EXAMPLE}"
    elif "?" in written:
        rule = "unix:///PATH without ?…: mode and group belong to the daemon's listen entry; a ? in the path is %3F"
    elif _BAD_PERCENT.search(written):
        rule = "unix:///PATH with %25 for each % in the path"
    elif b"\0" in path:
        rule = "unix:///PATH with a path that a file can have: without %00"
    elif path.endswith(b"/"):
        rule = "the path of a socket's file and of no directory: without the / at its end"
    elif len(path) > _PATH_BYTES_MAX:
        rule = (f"a path of at most {_PATH_BYTES_MAX} bytes, and this one has {len(path)}: a symbolic link to the "
                "socket's directory makes a shorter one")
    else:
        return SocketPath(os.fsdecode(path))
    raise ArgumentError("servers", text, rule)


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
