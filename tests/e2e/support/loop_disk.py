"""A file system on a loop device whose image lies in memory, and a power cut for it: after cut() nothing reaches the
image any more, and umount and mount show what a machine would find that lost its power in that moment."""

import fcntl
import os
import shutil
import struct
import subprocess

import pytest

from private_mounts import mount, umount, umount_lazily

FS_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, u32)
NO_LOG_FLUSH = 2

MAKE = {  # the smallest that mkfs makes, and the options that leave out what only takes time
    "ext4": ("64M", ["mkfs.ext4", "-q", "-F", "-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1"]),
    "xfs": ("300M", ["mkfs.xfs", "-q", "-f", "-K"]),
}


class LoopDisk:
    def __init__(self, home, kind, megabytes=0):
        """Of at least this size."""
        size, make = MAKE[kind]
        size = f"{max(int(size[:-1]), megabytes)}M"
        if not shutil.which(make[0]):
            pytest.skip(f"{make[0]} is not installed")
        self.memory = home / "memory"
        self.place = home / "disk"
        for directory in (self.memory, self.place):
            directory.mkdir(parents=True)
        mount("-t", "tmpfs", "-o", f"size={size}", "none", place=self.memory)
        self.image = self.memory / "image"
        try:
            with open(self.image, "wb") as image:
                image.truncate(int(size[:-1]) << 20)
            subprocess.run([*make, str(self.image)], check=True, capture_output=True)
            self.mount()
        except BaseException:
            self.remove()
            raise

    def mount(self):
        mount("-o", "loop,noatime", str(self.image), place=self.place)

    def cut(self):
        """The power is gone. Whoever writes now gets an error, and so does whoever syncs."""
        directory = os.open(self.place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(directory, FS_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(directory)

    def power_up(self):
        """Once nobody has a file open on it."""
        umount(self.place)
        self.mount()

    def remove(self):
        umount_lazily(self.place)
        umount_lazily(self.memory)
