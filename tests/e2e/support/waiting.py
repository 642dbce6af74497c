"""Deadlines for conditions. Every wait in the suite goes through here or through a socket's timeout, and all of them
grow by CRAWLSPOOL_TEST_SLOWDOWN, so that sanitizer builds and busy machines need no other numbers."""

import os
import time

SLOWDOWN = float(os.environ.get("CRAWLSPOOL_TEST_SLOWDOWN", "1"))


def seconds(nominal):
    return nominal * SLOWDOWN


def wait_until(condition, what, timeout=10):
    """Returns the first true value of condition(); fails with `what` after the deadline."""
    end = time.monotonic() + seconds(timeout)
    pause = 0.0002
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {seconds(timeout):g} s: {what}"
        time.sleep(pause)
        pause = min(2 * pause, 0.005)
