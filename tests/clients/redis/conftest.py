"""The end-to-end suite's daemons; `package` installs a client from its registry, once for all runs, or skips the test."""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT / "tests/e2e/support")]

import pytest  # noqa: E402
from daemon import Daemon  # noqa: E402
from fixtures import pytest_runtest_makereport, start_fixture  # noqa: E402, F401  pytest finds the hook by its name

PLACE = pathlib.Path(os.environ.get("CRAWLSPOOL_CLIENTS_DIRECTORY", ROOT / "build/clients"))
start = start_fixture(Daemon)


def run(*command, cwd=None):
    """Whether it ended well; what it said is shown where a test fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)
    print(done.stdout, done.stderr)
    return done.returncode == 0


class Packages:
    """Each in a folder of its own, which is there once its installation has ended well."""

    @staticmethod
    def _make(name, *steps):
        done = PLACE / name / "done"
        if done.exists():
            return done.parent
        shutil.rmtree(done.parent, ignore_errors=True)
        done.parent.mkdir(parents=True)
        if not all(run(*step, cwd=done.parent) for step in steps):
            pytest.skip(f"{name} cannot be installed here")
        done.touch()
        return done.parent

    def python(self, *packages):
        """A Python that has them."""
        place = self._make("-".join(packages).replace("==", "-"), ("/usr/bin/python3", "-m", "venv", "."),
                           ("bin/pip", "install", "-q", *packages))
        return str(place / "bin/python")

    def node(self, package):
        if not shutil.which("npm"):
            pytest.skip("no npm here (Debian's nodejs and npm)")
        return self._make(package.replace("@", "-"), ("npm", "init", "-y"), ("npm", "install", "--no-audit", "--no-fund", package))

    def go(self, name, module):
        go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
        if not go:
            pytest.skip("no go here (Debian's golang-go)")
        return go, self._make(name, (go, "mod", "init", "items"), (go, "get", module))


@pytest.fixture(scope="session")
def packages():
    return Packages()
