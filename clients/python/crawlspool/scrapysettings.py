"""The settings CRAWLSPOOL_* of a Scrapy project, as the client's arguments. What is wrong with one names it."""

from __future__ import annotations

import difflib
import ssl
from typing import Any, Callable, Dict, Iterable, NamedTuple

from scrapy.utils.misc import load_object

from .errors import ArgumentError, ConfigurationError
from .tls import make_context, read_files
from .units import DURATION_RULE, SIZE_RULE, parse_duration, parse_size

PREFIX = "CRAWLSPOOL_"
_FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def _read_flag(value: Any) -> bool:
    if isinstance(value, bool) or value in (0, 1):
        return bool(value)
    return _FLAGS[value.strip().lower()]


def _read_whole(value: Any) -> Any:
    return int(value) if isinstance(value, str) else value


def _read_size(value: Any) -> Any:
    return parse_size(value) if isinstance(value, str) else value


def _read_duration(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


def _read_function(value: Any) -> Any:
    return load_object(value) if isinstance(value, str) else value


class _Setting(NamedTuple):
    argument: str
    read: Callable[[Any], Any] = lambda value: value  # what is wrong in itself the client says
    rule: str = ""


_WHOLE = "a whole number, at least 1"
_SETTINGS = {
    "CRAWLSPOOL_SERVERS": _Setting("servers"),
    "CRAWLSPOOL_CLIENT": _Setting("client"),
    "CRAWLSPOOL_STREAM": _Setting("stream"),
    "CRAWLSPOOL_TOKEN": _Setting("token"),
    "CRAWLSPOOL_WINDOW": _Setting("window", _read_whole, _WHOLE),
    "CRAWLSPOOL_WINDOW_BYTES": _Setting("window_bytes", _read_size, SIZE_RULE),
    "CRAWLSPOOL_COMPRESS": _Setting("compress", _read_flag, "True or False"),
    "CRAWLSPOOL_BUFFER_DIR": _Setting("buffer_dir"),
    "CRAWLSPOOL_BUFFER_BYTES": _Setting("buffer_bytes", _read_size, SIZE_RULE),
    "CRAWLSPOOL_BUFFER_SYNC": _Setting("buffer_sync", _read_flag, "True or False"),
    "CRAWLSPOOL_MOVE": _Setting("move"),
    "CRAWLSPOOL_CLOSE_TIMEOUT": _Setting("close_timeout", _read_duration, DURATION_RULE),
    "CRAWLSPOOL_DEFAULT": _Setting("default", _read_function, "a function, or the path of one: project.module.name"),
}
# RedisItemsPipeline's own, beside those of the above that it has a use for.
_REDIS_URL = "CRAWLSPOOL_REDIS_URL"
_OF_REDIS = ("CRAWLSPOOL_CLIENT", "CRAWLSPOOL_STREAM", "CRAWLSPOOL_CLOSE_TIMEOUT", "CRAWLSPOOL_DEFAULT")
_TLS = "CRAWLSPOOL_TLS"
_TLS_PARTS = {"CRAWLSPOOL_TLS_CA": "tls_ca", "CRAWLSPOOL_TLS_CERTIFICATE": "tls_certificate",
              "CRAWLSPOOL_TLS_KEY": "tls_key"}


def setting_of(argument: str) -> str:
    arguments = {**{name: setting.argument for name, setting in _SETTINGS.items()}, **_TLS_PARTS}
    return next((name for name, known in arguments.items() if known == argument), argument)


def read_arguments(settings: Any) -> Dict[str, Any]:
    """Those that are set; None and empty text are as not set. ConfigurationError names the setting."""
    _refuse_unknown(settings)
    arguments = _read_plain(settings, list(_SETTINGS))
    arguments.update(_read_tls(settings, arguments.get("servers", "")))
    return arguments


def read_redis_arguments(settings: Any) -> Dict[str, Any]:
    """The same for RedisItemsPipeline, with its URL as redis_url."""
    _refuse_unknown(settings)
    arguments = _read_plain(settings, _OF_REDIS)
    url = _get(settings, _REDIS_URL)
    if url is not None:
        arguments["redis_url"] = url
    return arguments


def _read_plain(settings: Any, names: Iterable[str]) -> Dict[str, Any]:
    arguments: Dict[str, Any] = {}
    for name in names:
        setting = _SETTINGS[name]
        value = _get(settings, name)
        if value is None:
            continue
        try:
            arguments[setting.argument] = setting.read(value)
        except (ValueError, TypeError, KeyError, AttributeError, NameError, ImportError) as error:
            raise ArgumentError(name, value, setting.rule) from error
    return arguments


def _get(settings: Any, name: str) -> Any:
    value = settings.get(name)
    return None if isinstance(value, str) and not value.strip() else value


def _refuse_unknown(settings: Any) -> None:
    known = [*_SETTINGS, _REDIS_URL, _TLS, *_TLS_PARTS]
    for name in settings:
        if isinstance(name, str) and name.startswith(PREFIX) and name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
            raise ConfigurationError(f"{name} is no setting of crawlspool; the nearest is {nearest}")


def _read_tls(settings: Any, servers: Any) -> Dict[str, Any]:
    """Paths, which can be copied as settings are, and which the client reads; a context only where nothing else says
    that there is TLS."""
    value = _get(settings, _TLS)
    if isinstance(value, ssl.SSLContext):
        return {"tls": value}
    paths = {argument: _get(settings, name) for name, argument in _TLS_PARTS.items()}
    paths = {argument: path for argument, path in paths.items() if path is not None}
    try:
        is_on = _read_flag(value) if value is not None else None
    except (KeyError, AttributeError):
        if "tls_ca" in paths:
            raise ArgumentError(_TLS, value, "True or False where CRAWLSPOOL_TLS_CA is set") from None
        paths["tls_ca"] = _check_ca(value)
        is_on = True
    if is_on is False:
        if "tls://" in str(servers):
            raise ArgumentError(_TLS, value, f"not set, or True, where CRAWLSPOOL_SERVERS is {servers!r}")
        return {}
    if "tls_key" in paths and "tls_certificate" not in paths:
        raise ConfigurationError("CRAWLSPOOL_TLS_KEY is set, and CRAWLSPOOL_TLS_CERTIFICATE is not; a key has one")
    if is_on and not paths:
        return {"tls": make_context(read_files())}
    try:
        make_context(read_files(**paths))
    except ArgumentError as error:
        raise ArgumentError(setting_of(error.name), error.value, error.rule) from error
    return paths


def _check_ca(value: Any) -> Any:
    try:
        make_context(read_files(value))
        return value
    except ArgumentError as error:
        raise ArgumentError(_TLS, value, f"True, False, or {error.rule}") from error
