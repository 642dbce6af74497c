"""What the suites' conftest.py files share: a `start` fixture that makes daemons for one test, each stopped cleanly at
its end; a failed test shows the log's end and keeps its files."""

import shutil

import pytest

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


def start_fixture(kind):
    """`kind` is Daemon or made from it."""

    @pytest.fixture
    def start(request, tmp_path):
        daemons = []

        def start_one(settings=None, *, name="daemon", **options):
            one = kind(tmp_path / name, settings, **options)
            daemons.append(one)
            return one.start()

        yield start_one
        end_all(daemons, tmp_path, request.session)

    return start
