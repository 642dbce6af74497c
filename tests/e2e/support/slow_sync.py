"""A disk that takes its time to sync, as cloud volumes and rotating disks do: fdatasync and fsync of the daemon wait
first, always or while a file is there. Made of a few lines of C that are loaded before the C library, since strace would
slow down all else too."""

import os
import shutil
import subprocess

import pytest

from daemon import is_sanitized

SOURCE = r"""
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static void wait_first(void) {
  if (ONLY_WHILE[0] && access(ONLY_WHILE, F_OK) != 0) return;
  const struct timespec delay = {DELAY_MS / 1000, DELAY_MS % 1000 * 1000000L};
  nanosleep(&delay, 0);
}
int fdatasync(int fd) { wait_first(); return syscall(SYS_fdatasync, fd); }
int fsync(int fd) { wait_first(); return syscall(SYS_fsync, fd); }
"""


def slow_sync(home, delay_ms, *, only_while=""):
    """Options for Daemon(). `only_while`: a file."""
    if is_sanitized():
        pytest.skip("sanitizers want to be loaded first themselves")
    compiler = os.environ.get("CC") or shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler")
    library = home / f"slow_sync_{delay_ms}.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", f"-DDELAY_MS={delay_ms}", f'-DONLY_WHILE="{only_while}"', "-x", "c",
                    "-", "-o", str(library)], input=SOURCE, text=True, check=True)
    return {"env": {"LD_PRELOAD": str(library)}}
