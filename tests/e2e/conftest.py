"""Fixtures: `start` makes daemons for one test, `shared` is one daemon for all tests of a file (its settings are the
file's SETTINGS). Each is stopped cleanly at the end; a failed test shows the log's end and keeps its files."""

import shutil
import socket

import pytest

from daemon import Daemon

FAILED = pytest.StashKey()

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    if outcome.get_result().failed:
        item.session.stash[FAILED] = True


def end_all(daemons, home, session):
    try:
        for one in daemons:
            one.finish()
    finally:
        for one in daemons:
            one.kill()
            print(f"--- log of {one.home.name} ---\n{one.log()[-6000:]}")
    if not session.stash.get(FAILED, False):
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def start(request, tmp_path):
    daemons = []

    def start_one(settings=None, *, name="daemon", **options):
        one = Daemon(tmp_path / name, settings, **options)
        daemons.append(one)
        return one.start()

    yield start_one
    end_all(daemons, tmp_path, request.session)


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
