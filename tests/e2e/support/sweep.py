"""What the sweeps over storage calls have in common: the story told to its end, whatever that is, its list of calls,
and the check of what it left behind."""

import contextlib
import fcntl
import shutil
import signal

from daemon import Daemon
from invariant import check_at_rest, check_restart
from storage_calls import list_points, traced
from story import SETTINGS, run_story
from waiting import wait_until


def lock_is_free(spool):
    try:
        with open(spool.directory / "LOCK", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return True
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False


@contextlib.contextmanager
def ended_after(daemon):
    """Nothing of it is left behind this. strace ends before the last threads of a killed daemon have left the kernel,
    where they may still hold the spool and end what they were writing."""
    try:
        yield
    finally:
        daemon.kill()
        wait_until(lambda: lock_is_free(daemon.spool), "the daemon lets go of its spool")


def tell_to_the_end(daemon):
    """The story and a clean stop, each of which a fault may end: what is owed, whether the story came to its end, and
    the daemon's exit code."""
    with ended_after(daemon):
        owed, complete = run_story(daemon)
        if daemon.ready:
            with contextlib.suppress(ProcessLookupError):
                daemon.signal(signal.SIGTERM)
        return owed, complete, daemon.wait_exit()


def list_story(home):
    """The points of an undisturbed story."""
    daemon = traced(home, SETTINGS)
    owed, complete, code = tell_to_the_end(daemon)
    assert complete and code == 0, f"the undisturbed story ended with {code}:\n{daemon.log()}"
    check_at_rest(daemon.spool, owed)
    return list_points(daemon)


def check_after(home, owed):
    """A plain start in this home, the promise, a clean stop, the promise once more. Then nothing is needed any more."""
    survivor = Daemon(home, SETTINGS)
    try:
        _, service = check_restart(survivor, owed)
        assert survivor.terminate() == 0
        check_at_rest(survivor.spool, [*owed, service])
    finally:
        survivor.finish()
    shutil.rmtree(home)


def copy_home(home, name):
    return shutil.copytree(home, home.parent / name, symlinks=True)


@contextlib.contextmanager
def told_on_failure(*what):
    try:
        yield
    except BaseException:
        print(*what, sep="\n  ")
        raise
