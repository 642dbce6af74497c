#!/usr/bin/python3
"""Builds the Dockerfile's image in chroots and runs it as an engine would: as its user, without a capability, with a
read-only root, with only the volume to write to, in a network of its own.

Usage, as root: tests/packaging/try_dockerfile.py FOLDER"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from dockerfile import Builder

START_TIMEOUT_S = 30
READ_ONLY = """
set -e
root=$1; shift
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
while [ "$1" != -- ]; do mount --bind "$root$1" "$root$1"; shift; done
shift
mount -o remount,bind,ro "$root"
ip link set lo up
user=$1; shift
exec chroot "$root" setpriv --reuid="${user%:*}" --regid="${user#*:}" --clear-groups --bounding-set=-all \\
  --inh-caps=-all --no-new-privs "$@"
"""


def step(text):
    print("  " + text, flush=True)


class Container:
    def __init__(self, image, log):
        self.image, self.log = image, log

    def __enter__(self):
        command = ["unshare", "--mount", "--net", "sh", "-c", READ_ONLY, "sh", str(self.image.root),
                   *self.image.volumes, "--", self.image.user, *self.image.entrypoint]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stderr=log)
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()

    def execute(self, *command, text=None):
        """Beside the daemon, as `docker exec` does."""
        return subprocess.run(["nsenter", "--target", str(self.process.pid), "--mount", "--net", "--root", "--wd",
                               "setpriv", f"--reuid={self.image.user.split(':')[0]}", "--clear-groups", *command],
                              input=text, capture_output=True, check=False, text=True)

    def wait_healthy(self):
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.execute(*self.image.healthcheck).returncode != 0:
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, self.execute(*self.image.healthcheck)
            time.sleep(0.1)

    def status(self):
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        return dict(line.split(":\t", 1) for line in lines)


def try_image(image, log):
    with Container(image, log) as container:
        container.wait_healthy()
        step("healthy, by the image's own HEALTHCHECK")
        status = container.status()
        assert status["Uid"].split()[0] == image.user.split(":")[0] != "0", status["Uid"]
        assert int(status["CapEff"], 16) == 0
        assert container.execute("touch", "/etc/crawlspool/x").returncode != 0, "the root can be written to"
        step(f"runs as {image.user}, without a capability, on a read-only root")
        sent = container.execute("crawlspool", "send", "-", text='{"n":1}\n')
        assert sent.returncode == 0, sent.stderr
        container.process.send_signal(getattr(signal, image.stop_signal))
        assert container.process.wait(timeout=START_TIMEOUT_S) == 0
        step(f"{image.stop_signal} drains and ends it with 0")
    spool = image.root / image.volumes[0].lstrip("/")
    stored = (spool / "current.ndjson").read_bytes()
    assert b'"record":{"n":1}' in stored, stored
    step("the record is in the volume")


def main(folder):
    here, stages = Path(__file__).resolve().parent, Path(folder) / "stages"
    shutil.rmtree(stages, ignore_errors=True)
    unpack = f'source {here}/debian_root.sh; unpack_root "$1/debian12.tar" "$1/stages/base"'
    subprocess.run(["bash", "-ec", unpack, "bash", folder], check=True)
    image = Builder(here.parents[1], stages / "base", stages).build()
    size = subprocess.run(["du", "-sm", image.root], capture_output=True, check=True, text=True).stdout.split()[0]
    step(f"built: {size} MiB")
    try_image(image, Path(folder) / "daemon.log")


if __name__ == "__main__":
    assert os.geteuid() == 0, "this needs root"
    main(*sys.argv[1:])
