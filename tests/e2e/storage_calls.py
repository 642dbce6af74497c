"""The daemon's storage calls, one by one: which there are in a run (read from strace's log), and a run in which one of
them kills the daemon or fails. strace is shown the spool's files and nothing else, and counts the calls of each kind
and of each thread by itself; so a point is a kind and a number. A run that goes another way than the listed one is hit
elsewhere or not at all, and its log tells."""

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


@dataclasses.dataclass
class Listing:
    """The points of a run, and the files it touched, relative to its home."""
    points: list
    files: list


def traced(home, settings, point=None, effect=None, files=(), **options):
    """A daemon under strace, its storage calls logged beside its home; at this point with this effect on it."""
    assert strace_works()
    log = home.parent / f"{home.name}-calls.log"
    wrapper = ["strace", "-f", "-qq", "-y", "-s", "256", "-o", str(log), "-e", "trace=" + ",".join(CALLS)]
    if point:
        wrapper += ["-e", f"inject={point.call}:{effect}:when={point.when}"]
    for file in files:
        wrapper += ["-P", str(home / file)]
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


def listing(daemon):
    """Every point at which a thread was at a file of the spool or at the spool's own entry in its parent."""
    home = str(daemon.home)
    name = re.compile(f'<({home}(?:/spool[^<>"]*)?)>|"({home}/spool[^<>"]*)"')
    counts, found, files = {}, {}, set()
    for thread, call, rest in entries(daemon.calls_log):
        touched = [one or other for one, other in name.findall(rest)]
        if not touched:
            continue
        files.update(path[len(home) + 1:] for path in touched)
        number = counts[thread, call] = counts.get((thread, call), 0) + 1
        found.setdefault(Point(call, number, rest.replace(f"{home}/spool", "SPOOL")[:100]), None)
    return Listing(sorted(found), sorted(files))


def thin(points, most_a_call):
    """At most so many of each kind, spread over the run; 0: all."""
    if not most_a_call:
        return points
    kept = []
    for call in sorted({point.call for point in points}):
        kept += spread([point for point in points if point.call == call], most_a_call)
    return kept


def spread(points, most):
    if len(points) <= most:
        return points
    return [points[(2 * index + 1) * len(points) // (2 * most)] for index in range(most)]


def injected(log):
    """What an error hit, as (call, its arguments): none where the run never came to that point."""
    return [(call, rest) for _, call, rest in entries(log) if rest.endswith("(INJECTED)")]
