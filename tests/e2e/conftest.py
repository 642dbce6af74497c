"""Fixtures: `start` makes daemons for one test, `shared` is one daemon for all tests of a file (its settings are the
file's SETTINGS)."""

import socket
import subprocess

import pytest

from daemon import Daemon
from fixtures import end_all, pytest_runtest_makereport, start_fixture  # noqa: F401  pytest finds the hook by its name

start = start_fixture(Daemon)


@pytest.fixture(scope="module")
def shared(request, tmp_path_factory):
    home = tmp_path_factory.mktemp("shared")
    one = Daemon(home / "daemon", getattr(request.module, "SETTINGS", None), ipv6=has_ipv6()).start()
    yield one
    end_all([one], home, request.session)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


@pytest.fixture
def ipv6():
    if not has_ipv6():
        pytest.skip("no IPv6 here: ::1 cannot be bound")


@pytest.fixture
def tmpfs(tmp_path):
    place = tmp_path / "tmpfs"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=755", "none", str(place)],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        pytest.skip("a tmpfs cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
