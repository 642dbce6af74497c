"""strace as a wrapper that makes system calls fail, and the question whether it works here."""

import functools
import os
import shutil
import subprocess

import pytest


@functools.cache
def strace_works():
    if not shutil.which("strace"):
        return False
    probe = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fdatasync:error=EIO:when=1", "true"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def strace(*injections, path=None):
    """Options for Daemon(): runs it with these injections, if wanted only on one file."""
    if not strace_works():
        pytest.skip("strace cannot inject faults here")
    calls = ",".join(injection.split(":")[0] for injection in injections)
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}"]
    for injection in injections:
        command += ["-e", f"inject={injection}"]
    if path:
        command += ["-P", str(path)]
    return {"wrapper": command, "env": strace_environment()}


def strace_environment():
    """LeakSanitizer cannot run under a tracer and is switched off."""
    options = ":".join(part for part in (os.environ.get("ASAN_OPTIONS"), "detect_leaks=0") if part)
    return {"ASAN_OPTIONS": options}
