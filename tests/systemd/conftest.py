"""The daemon is driven as in the end-to-end suite."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from daemon import Daemon  # noqa: E402
from fixtures import pytest_runtest_makereport, start_fixture  # noqa: E402,F401  pytest finds the hook by its name

start = start_fixture(Daemon)
