"""The settings CRAWLSPOOL_* of a Scrapy project, as the client's arguments. What is wrong with one names it."""

from __future__ import annotations

import difflib
import os
import ssl
from typing import Any, Callable, Dict, NamedTuple, Optional

from scrapy.utils.misc import load_object

from .errors import ArgumentError, ConfigurationError
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
_TLS = "CRAWLSPOOL_TLS"
_TLS_PARTS = {"CRAWLSPOOL_TLS_CA": "the path of a PEM file, or of a directory, with the CAs' certificates",
              "CRAWLSPOOL_TLS_CERTIFICATE": "the path of a PEM file with this client's certificate",
              "CRAWLSPOOL_TLS_KEY": "the path of a PEM file with this client's key, which has no password"}


def setting_of(argument: str) -> str:
    return next((name for name, setting in _SETTINGS.items() if setting.argument == argument), argument)


def read_arguments(settings: Any) -> Dict[str, Any]:
    """Those that are set; None and empty text are as not set. ConfigurationError names the setting."""
    _refuse_unknown(settings)
    arguments: Dict[str, Any] = {}
    for name, setting in _SETTINGS.items():
        value = _get(settings, name)
        if value is None:
            continue
        try:
            arguments[setting.argument] = setting.read(value)
        except (ValueError, TypeError, KeyError, AttributeError, NameError, ImportError) as error:
            raise ArgumentError(name, value, setting.rule) from error
    tls = _read_tls(settings)
    if tls:
        arguments["tls"] = tls
    return arguments


def _get(settings: Any, name: str) -> Any:
    value = settings.get(name)
    return None if isinstance(value, str) and not value.strip() else value


def _refuse_unknown(settings: Any) -> None:
    known = [*_SETTINGS, _TLS, *_TLS_PARTS]
    for name in settings:
        if isinstance(name, str) and name.startswith(PREFIX) and name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
            raise ConfigurationError(f"{name} is no setting of crawlspool; the nearest is {nearest}")


def _read_tls(settings: Any) -> Optional[ssl.SSLContext]:
    value = _get(settings, _TLS)
    if isinstance(value, ssl.SSLContext):
        return value
    parts = {name: _read_path(settings, name, rule) for name, rule in _TLS_PARTS.items()}
    ca, certificate, key = parts.values()
    ca_setting = "CRAWLSPOOL_TLS_CA"
    try:
        is_on = _read_flag(value) if value is not None else any(parts.values())
    except (KeyError, AttributeError):
        rule = "True, False, or " + _TLS_PARTS[ca_setting]
        if ca:
            raise ArgumentError(_TLS, value, "True or False where CRAWLSPOOL_TLS_CA is set") from None
        ca_setting, ca, is_on = _TLS, _read_path(settings, _TLS, rule), True
    if not is_on:
        return None
    if key and not certificate:
        raise ConfigurationError("CRAWLSPOOL_TLS_KEY is set, and CRAWLSPOOL_TLS_CERTIFICATE is not; a key has one")
    return _make_context(ca_setting, ca, certificate, key)


def _read_path(settings: Any, name: str, rule: str) -> Optional[str]:
    value = _get(settings, name)
    if value is None:
        return None
    try:
        path: str = os.path.expanduser(os.fspath(value))
        with open(path if not os.path.isdir(path) else os.devnull, "rb"):
            return path
    except (OSError, TypeError, ValueError) as error:
        raise ArgumentError(name, value, f"{rule}: {error}") from error


def _make_context(ca_setting: str, ca: Optional[str], certificate: Optional[str],
                  key: Optional[str]) -> ssl.SSLContext:
    try:
        is_directory = ca is not None and os.path.isdir(ca)
        context = ssl.create_default_context(cafile=None if is_directory else ca, capath=ca if is_directory else None)
    except (OSError, ValueError) as error:
        raise ArgumentError(ca_setting, ca, f"{_TLS_PARTS['CRAWLSPOOL_TLS_CA']}: {error}") from error
    if certificate:
        try:
            context.load_cert_chain(certificate, key, password=lambda: "")  # else a terminal is asked for one
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"CRAWLSPOOL_TLS_CERTIFICATE is {certificate!r} and CRAWLSPOOL_TLS_KEY is {key!r}; "
                                     "they are the paths of PEM files that belong together, and the key has no "
                                     f"password: {error}") from error
    return context
