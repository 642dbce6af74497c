"""A Dockerfile as its instructions, and its stages built in chroots where no container engine is at hand.

Covers what our Dockerfile uses. An image that FROM names is a minimal Debian root that is copied."""

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


def instructions(path):
    """(word, rest) of each."""
    text = re.sub(r"^\s*#.*\n", "", Path(path).read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = re.sub(r"\\\n", " ", text)
    return [tuple(line.strip().split(None, 1)) for line in text.splitlines() if line.strip()]


@dataclass
class Stage:
    root: Path
    workdir: str = "/"
    user: str = "0:0"
    volumes: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)
    stop_signal: str = "SIGTERM"


class Builder:
    """Builds all stages below FOLDER from CONTEXT; the last one is the image."""

    def __init__(self, context, base, folder):
        self.context, self.base, self.folder = Path(context), base, Path(folder)
        self.stages, self.names = [], {}

    def build(self):
        for word, rest in instructions(self.context / "Dockerfile"):
            getattr(self, "do_" + word.lower())(rest)
        return self.stages[-1]

    @property
    def stage(self):
        return self.stages[-1]

    def do_from(self, rest):
        name = re.fullmatch(r"debian:12(?:-slim)?(?: AS (\S+))?", rest)
        assert name, f"FROM {rest}: only Debian 12 is known here"
        root = self.folder / f"stage{len(self.stages)}"
        subprocess.run(["cp", "-a", "--reflink=auto", self.base, root], check=True)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        self.stages.append(Stage(root))
        self.names[name[1]] = self.stage

    def do_workdir(self, rest):
        self.stage.workdir = rest
        (self.stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def do_copy(self, rest):
        words = shlex.split(rest)
        source = self.context
        if words[0].startswith("--from="):
            source = self.names[words.pop(0).removeprefix("--from=")].root
        *paths, target = words
        into = self.stage.root / os.path.join(self.stage.workdir, target).lstrip("/")
        into.mkdir(parents=True, exist_ok=True)
        for path in paths:
            if path == ".":
                self.copy_context(into)
            else:
                shutil.copy(source / path.lstrip("/"), into)

    def copy_context(self, into):
        ignored = [f"--exclude={line.removeprefix('**/')}" if line.startswith("**/") else f"--exclude=./{line}"
                   for line in (self.context / ".dockerignore").read_text(encoding="utf-8").split()]
        with subprocess.Popen(["tar", "-C", self.context, *ignored, "-cf", "-", "."], stdout=subprocess.PIPE) as tar:
            subprocess.run(["tar", "-C", into, "-xf", "-"], stdin=tar.stdout, check=True)

    def do_run(self, rest):
        script = f"mount -t proc proc /proc && mount -t devtmpfs dev /dev && cd {self.stage.workdir} && {rest}"
        subprocess.run(["unshare", "--mount", "--fork", "--pid", "--kill-child", "chroot", self.stage.root, "env", "-i",
                        "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-ec", script], check=True)

    def do_user(self, rest):
        self.stage.user = rest

    def do_volume(self, rest):
        self.stage.volumes.append(rest)

    def do_entrypoint(self, rest):
        self.stage.entrypoint = json.loads(rest)

    def do_healthcheck(self, rest):
        self.stage.healthcheck = json.loads(rest.split("CMD", 1)[1])

    def do_stopsignal(self, rest):
        self.stage.stop_signal = rest

    def do_expose(self, rest):
        assert rest.replace(" ", "").isdigit()
