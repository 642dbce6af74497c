"""A process that the system gives no more memory: RLIMIT_AS, set on one that runs or before it starts."""

import contextlib
import pathlib
import re
import resource

import pytest

from daemon import is_sanitized


def taken_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmSize:\s+(\d+) kB", status)[1]) * 1024


def skip_where_it_cannot_be_bounded():
    if is_sanitized():
        pytest.skip("a sanitizer's shadow takes terabytes of addresses")


def bound(pid, spare):
    """Leaves room for only so many more bytes than there are now."""
    skip_where_it_cannot_be_bounded()
    resource.prlimit(pid, resource.RLIMIT_AS, (taken_bytes(pid) + spare, resource.RLIM_INFINITY))


@contextlib.contextmanager
def bounded(pid, spare):
    bound(pid, spare)
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
