"""That a directory of a buffer has one owner: by a lock that the system takes back when its process ends, however that
comes. The lock file goes last of all, so that whatever is left of a directory is found by the next process."""

from __future__ import annotations

import contextlib
import os
import pathlib

from .errors import ConfigurationError

try:
    import fcntl
except ImportError:  # no POSIX: no locks between processes, and so no buffer directory
    fcntl = None  # type: ignore[assignment]


class InUse(Exception):
    """Another process lives in this directory, or has just left it."""


def lock_directory(path: pathlib.Path) -> int:
    """The descriptor that holds the lock. FileNotFoundError where nobody has made its file."""
    if fcntl is None:
        raise ConfigurationError("buffer_dir needs flock(), which this system does not have")
    descriptor = os.open(path / "lock", os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise InUse(str(path)) from error
    return descriptor


def remove_empty(path: pathlib.Path) -> None:
    """One without records and without a session. What was kept of damaged files stays."""
    for name in ("session.json.new", "mark", "lock"):
        with contextlib.suppress(OSError):
            (path / name).unlink()
    with contextlib.suppress(OSError):
        path.rmdir()
