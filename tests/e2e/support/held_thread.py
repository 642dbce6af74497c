"""One thread of a process held by a tracer, while its others go on: what a hang looks like to them."""

import contextlib
import ctypes
import os

import pytest

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
WAIT_FOR_ANY_THREAD = 0x40000000  # __WALL

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


@contextlib.contextmanager
def held_thread(tid):
    """From the thread that enters it to its end. Skips where nobody may trace."""
    if libc.ptrace(SEIZE, tid, None, None) != 0:
        pytest.skip(f"no tracing here: {os.strerror(ctypes.get_errno())}")
    libc.ptrace(INTERRUPT, tid, None, None)
    os.waitpid(tid, WAIT_FOR_ANY_THREAD)
    try:
        yield
    finally:
        libc.ptrace(DETACH, tid, None, None)
