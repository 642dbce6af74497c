"""The daemon is driven as in the end-to-end suite."""

from daemon import Daemon
from fixtures import pytest_runtest_makereport, start_fixture  # noqa: F401  pytest finds the hook by its name

start = start_fixture(Daemon)
