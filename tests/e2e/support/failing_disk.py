"""An ext4 on a disk whose writes fail while told to: nbdkit's error filter behind nbdfuse and a loop device. The errors
go the real way, through the block layer and the page cache, which forgets what it could not write."""

import contextlib
import ctypes
import shutil
import signal
import subprocess

import pytest

from private_mounts import mount, refusal, umount, umount_lazily
from waiting import seconds, wait_until

TOOLS = ("nbdkit", "nbdfuse", "mkfs.ext4")
PR_SET_PDEATHSIG = 1


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class FailingDisk:
    def __init__(self, home):
        missing = [tool for tool in TOOLS if not shutil.which(tool)]
        if missing or refusal():
            pytest.skip(f"not possible here: {', '.join(missing) or refusal()}")
        home.mkdir(parents=True)
        self.sign = home / "writes-fail"
        self.device = home / "device"
        self.place = home / "disk"
        self.device.touch()
        self.place.mkdir()
        nbdkit = ["nbdkit", "-s", "--exit-with-parent", "--filter=error", "memory", "64M", "error-pwrite=EIO",
                  "error-pwrite-rate=100%", f"error-pwrite-file={self.sign}"]
        with open(home / "nbdfuse.log", "wb") as log:
            self.server = subprocess.Popen(["nbdfuse", str(self.device), "--command", *nbdkit], stdout=log, stderr=log,
                                           stdin=subprocess.DEVNULL, preexec_fn=end_with_parent)
        try:
            wait_until(lambda: self.device.stat().st_size or self.server.poll() is not None, "nbdfuse serves the disk")
            if self.server.poll() is not None:
                pytest.skip(f"nbdfuse does not work here: {(home / 'nbdfuse.log').read_text()}")
            subprocess.run(["mkfs.ext4", "-q", "-F", str(self.device)], check=True, capture_output=True)
            self.mount()
        except BaseException:
            self.remove()
            raise

    def mount(self):
        mount("-o", "loop,noatime", str(self.device), place=self.place)

    @contextlib.contextmanager
    def failing(self):
        self.sign.touch()
        try:
            yield
        finally:
            self.sign.unlink()

    def mount_again(self):
        umount(self.place)
        self.mount()

    def remove(self):
        umount_lazily(self.place)
        umount_lazily(self.device)
        self.server.terminate()
        self.server.wait(seconds(10))
