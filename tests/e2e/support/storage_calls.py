"""The daemon's storage calls, one by one: which there are in a run (read from strace's log), and a run in which one of
them kills the daemon or fails. A point is a kind of call, a file, and a number: strace is shown nothing but that file,
and counts the calls of each kind and of each thread by itself. So each thread is met at its own files, and where
several use one, the first to come to the number. A run that goes another way than the listed one is hit elsewhere or
not at all, and its log tells."""

import dataclasses
import re

from daemon import Daemon
from tools import strace_environment, strace_works

BY_NAME = ("openat", "rename", "renameat", "renameat2", "link", "linkat", "symlinkat", "unlink", "unlinkat", "mkdir",
           "mkdirat")
CALLS = (*BY_NAME, "write", "writev", "pwrite64", "pwritev", "pwritev2", "copy_file_range", "fdatasync", "fsync", "close",
         "ftruncate", "fallocate")
ENTRY = re.compile(r"(\d+) +(\w+)\((.*)")
DESCRIPTOR = re.compile(r"\w+<([^<>]*)>")
NAME = re.compile(r'"([^"]*)"')


@dataclasses.dataclass(frozen=True)
class Point:
    call: str
    file: str
    when: int | str

    def __str__(self):
        return f"{self.call} of {self.file}, {self.when}"

    @property
    def home_name(self):
        return f"{self.call}-{self.file.replace('/', '_')}-{self.when}"


def traced(home, settings, point=None, effect=None, **options):
    """A daemon under strace, its storage calls logged beside its home; at this point with this effect on it."""
    assert strace_works()
    log = home.parent / f"{home.name}-calls.log"
    wrapper = ["strace", "-f", "-qq", "-y", "-s", "256", "-o", str(log), "-e", "trace=" + ",".join(CALLS)]
    if point:
        file = point.file.replace("HOME", str(home), 1)
        wrapper += ["-P", file, "-e", f"inject={point.call}:{effect}:when={point.when}"]
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


def file_of(call, rest, home):
    """The file as strace knows it: a path by the descriptor, or the name that was given. None outside the spool; the
    spool's own entry in its parent belongs to it."""
    descriptor = DESCRIPTOR.match(rest) or DESCRIPTOR.search(rest if call == "symlinkat" else "")
    names = NAME.findall(rest) if call in BY_NAME else []
    paths = [path for path in [descriptor and descriptor[1], *names] if path]
    if not any(path == home or path.startswith(f"{home}/spool") for path in paths):
        return None
    file = names[-1 if call == "symlinkat" else 0] if names else paths[0]
    return f"HOME{file[len(home):]}" if file.startswith(home) else file


def list_points(daemon):
    """Every point of its run, in order."""
    counts, found = {}, {}
    for thread, call, rest in entries(daemon.calls_log):
        file = file_of(call, rest, str(daemon.home))
        if file:
            number = counts[thread, call, file] = counts.get((thread, call, file), 0) + 1
            found.setdefault(Point(call, file, number))
    return list(found)


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
