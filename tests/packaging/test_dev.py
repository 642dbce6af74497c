"""What ./dev says while it works: how far a build is, and which tests were skipped; and what ctest takes for a skip."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(functions, command, text):
    """Runs the command where these functions of ./dev are known, on this input; what it says."""
    script = (ROOT / "dev").read_text(encoding="utf-8")
    known = [re.search(rf"^{name}\(\) .*?\}}$", script, re.MULTILINE | re.DOTALL)[0] for name in functions]
    ran = subprocess.run(["bash", "-euo", "pipefail", "-c", "\n".join([*known, command])], input=text, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, check=True)
    return ran.stdout.splitlines()


def test_a_build_says_every_tenth_of_it():
    built = "".join(f"[{n}/600] Building {n}\n" for n in range(1, 601))
    said = run(["every_tenth"], "every_tenth", built)
    assert [re.match(r"\[\d+/\d+\] after \d+ s$", line) is not None for line in said] == [True] * 10
    assert said[-1].startswith("[600/600] ")


def test_what_is_no_progress_is_said_as_it_is():
    text = "FAILED: a.o\na.cpp:1:1: error: b\n"
    assert run(["every_tenth"], "every_tenth", text) == text.splitlines()


LOG = """\
SKIPPED [1] admin/test_logrotate.py:34: logrotate is not installed
[  SKIPPED ] Mounts.OnlyAsRoot (0 ms)
[  SKIPPED ] 1 test, listed below:
3 passed in 0.1s
"""


@pytest.mark.parametrize("log, expected", [
    (LOG, ["Mounts.OnlyAsRoot", "[1] admin/test_logrotate.py:34: logrotate is not installed"]),
    ("3 passed in 0.1s\n", []),
])
def test_skipped_tests_are_named(tmp_path, log, expected):
    (tmp_path / "log").write_text(log, encoding="utf-8")
    title, *named = run(["say", "say_skipped"], f"say_skipped {tmp_path}/log", "")
    assert named == expected
    assert ("No test was skipped" in title) == (not expected)


def pattern(name):
    """A pattern of tests/CMakeLists.txt, as ctest reads it."""
    text = (ROOT / "tests/CMakeLists.txt").read_text(encoding="utf-8")
    quoted = re.search(rf'set\({name}\s+"((?:[^"\\]|\\.)*)"', text)[1]
    return re.compile(quoted.replace("\\\\", "\\").replace("\\n", "\n"))


GTEST = "[  PASSED  ] 2 tests.\n[  SKIPPED ] 1 test, listed below:\n[  SKIPPED ] A.B\n"


@pytest.mark.parametrize("name, text, is_skip", [
    ("CRAWLSPOOL_PYTEST_SKIPPED", "...\n3 passed, 1 skipped in 1.20s\n", True),
    ("CRAWLSPOOL_PYTEST_SKIPPED", "2 skipped in 1.20s\n", True),
    ("CRAWLSPOOL_PYTEST_SKIPPED", "3 passed, 1 skipped, 2 warnings in 61.20s (0:01:01)\n", True),
    ("CRAWLSPOOL_PYTEST_SKIPPED", "3 passed in 1.20s\n", False),
    ("CRAWLSPOOL_PYTEST_SKIPPED", "1 failed, 3 passed, 1 skipped in 1.20s\n", False),
    ("CRAWLSPOOL_PYTEST_SKIPPED", "1 skipped, 1 error in 1.20s\n", False),
    ("CRAWLSPOOL_GTEST_SKIPPED", GTEST, True),
    ("CRAWLSPOOL_GTEST_SKIPPED", "[  PASSED  ] 2 tests.\n", False),
    ("CRAWLSPOOL_GTEST_SKIPPED", GTEST + "[  FAILED  ] 1 test, listed below:\n[  FAILED  ] A.C\n\n 1 FAILED TEST\n", False),
])
def test_a_run_is_skipped_where_nothing_failed_and_something_was(name, text, is_skip):
    assert bool(pattern(name).search(text)) == is_skip
