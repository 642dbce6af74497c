"""A control group that may use half a processor, for loads that must not measure the machine instead of the daemon."""

import contextlib
import os
import pathlib

import pytest

CONTROLLER = pathlib.Path("/sys/fs/cgroup/cpu")
PERIOD_US = 20_000


@contextlib.contextmanager
def half_a_processor():
    """Yields a function for a child to call before it executes: it moves the child into the group."""
    group = CONTROLLER / f"crawlspool-soak-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no control group for processors can be made here: {error}")
    try:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD_US), encoding="ascii")
        (group / "cpu.cfs_quota_us").write_text(str(PERIOD_US // 2), encoding="ascii")
        yield lambda: (group / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
    finally:
        group.rmdir()
