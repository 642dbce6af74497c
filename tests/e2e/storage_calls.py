"""The daemon's storage calls, one by one: which there are in a run (read from strace's log), and a run in which one of
them kills the daemon or fails. strace counts the calls of each kind and of each thread by itself, so a point is a kind
and a number; a run that goes another way than the listed one is hit elsewhere or not at all, and the log tells."""

import dataclasses
import re

from daemon import Daemon
from tools import strace_environment, strace_works

CALLS = ("write", "writev", "pwrite64", "pwritev", "pwritev2", "copy_file_range", "fdatasync", "fsync", "openat", "close",
         "rename", "renameat", "renameat2", "link", "linkat", "symlinkat", "unlink", "unlinkat", "ftruncate",
         "fallocate", "mkdir", "mkdirat")
ENTRY = re.compile(r"(\d+) +(\w+)\((.*)")


@dataclasses.dataclass(frozen=True, order=True)
class Point:
    call: str
    when: int
    where: str = dataclasses.field(compare=False, default="")

    def __str__(self):
        return f"{self.call} {self.when} {self.where}"


def traced(home, settings, injection=None, **options):
    """A daemon under strace, its storage calls in `calls.log` beside its home."""
    log = home.parent / f"{home.name}-calls.log"
    log.unlink(missing_ok=True)
    assert strace_works()
    wrapper = ["strace", "-f", "-qq", "-y", "-s", "256", "-o", str(log), "-e", "trace=" + ",".join(CALLS)]
    if injection:
        wrapper += ["-e", f"inject={injection}"]
    daemon = Daemon(home, settings, wrapper=wrapper, env=strace_environment(), **options)
    daemon.calls_log = log
    return daemon


def entries(log):
    """(thread, call, the log's line) of each call's beginning."""
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            match = ENTRY.match(line)
            if match and match[2] in CALLS:
                yield match[1], match[2], match[3].rstrip("\n")


def points(log, home):
    """Every point at which a thread was at the spool in this home or at the entry of the spool itself."""
    directory = f"{home}/spool"
    marks = (f"<{directory}", f'"{directory}', f"<{home}>)")
    counts = {}
    found = {}
    for thread, call, rest in entries(log):
        number = counts[thread, call] = counts.get((thread, call), 0) + 1
        if any(mark in rest for mark in marks):
            found.setdefault(Point(call, number, rest.replace(directory, "SPOOL")[:100]), None)
    return sorted(found)


def thin(listed, most_a_call):
    """At most so many of each kind, spread over the run."""
    kept = []
    for call in sorted({point.call for point in listed}):
        of_call = [point for point in listed if point.call == call]
        kept += spread(of_call, most_a_call)
    return kept


def spread(listed, most):
    if len(listed) <= most:
        return listed
    return [listed[(2 * index + 1) * len(listed) // (2 * most)] for index in range(most)]


def injected(log):
    """What the injection hit, as (call, its arguments): none where the run never came to that point."""
    return [(call, rest) for _, call, rest in entries(log) if rest.endswith("(INJECTED)")]
