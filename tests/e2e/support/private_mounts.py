"""Mounts that only this process and its children see: the kernel takes them away with the last of these, however they
end, and their loop devices with them."""

import ctypes
import functools
import os
import subprocess

import pytest

CLONE_NEWNS = 0x00020000


@functools.cache
def refusal():
    """Enters a mount namespace of our own; says why that cannot be, or nothing."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        return f"no mount namespace: {os.strerror(ctypes.get_errno())}"
    made = subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, text=True, check=False)
    return made.stderr.strip() or None


def mount(*arguments, place):
    """mount(8), in our namespace only. Skips the test where mounting is not allowed."""
    if refusal():
        pytest.skip(f"mounting is not allowed here: {refusal()}")
    done = subprocess.run(["mount", *arguments, str(place)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"mount {' '.join(arguments)} is not possible here: {done.stderr.strip()}")


def umount(place):
    subprocess.run(["umount", str(place)], check=True)


def umount_lazily(place):
    subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)
