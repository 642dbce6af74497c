"""The text format of Prometheus, read; and promtool, where it is."""

import pathlib
import re
import shutil
import subprocess

import pytest

import daemon

SAMPLE = re.compile(r"([a-z_:]+)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"(?:,|$)')
ESCAPE = re.compile(r"\\(.)")
SUFFIXES = ("_bucket", "_sum", "_count")


def _unescape(match):
    return "\n" if match[1] == "n" else match[1]


class Metrics:
    """`types`: each family's kind; value() and labelled() look up samples."""

    def __init__(self, text):
        self.types = {}
        self.samples = {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert name not in self.types, f"{name} twice"
                self.types[name] = kind
            elif not line.startswith("#"):
                name, labels, value = SAMPLE.fullmatch(line).groups()
                key = (name, frozenset((label, ESCAPE.sub(_unescape, value)) for label, value in LABEL.findall(labels or "")))
                assert key not in self.samples, f"{line} twice"
                self.samples[key] = float(value)

    def value(self, name, **labels):
        return self.samples[name, frozenset(labels.items())]

    def labelled(self, name, label):
        """The samples of a family by the value of a label."""
        return {dict(labels)[label]: value for (one, labels), value in self.samples.items() if one == name}

    def labels(self, family):
        """The names of a family's labels, without the one that each histogram has."""
        names = {family, *(family + suffix for suffix in SUFFIXES)}
        found = {label for (name, labels) in self.samples if name in names for label, _ in labels}
        return found - {"le"} if self.types[family] == "histogram" else found

    def series_names(self):
        """What an expression may ask for."""
        return {name for name, _ in self.samples} | set(self.types)


def scrape(one):
    response = one.admin("/metrics")
    assert response.status == 200
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return Metrics(response.body.decode())


def promtool(*arguments, stdin=None):
    """Runs it; skips the test where there is none."""
    own = daemon.ROOT / "build/tools/promtool"
    program = shutil.which("promtool") or (str(own) if own.exists() else None)
    if not program:
        pytest.skip("no promtool here: ./dev test fetches it")
    return subprocess.run([program, *map(str, arguments)], input=stdin, capture_output=True, text=True, check=False)


def documented():
    """The table of OPERATIONS.md, "Metrics": by name, the kind and the set of labels."""
    text = (pathlib.Path(daemon.ROOT) / "systemd/OPERATIONS.md").read_text(encoding="utf-8")
    section = text.split("\n## Metrics\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")]
    return {name.strip("`"): (kind, set(re.findall(r"`([a-z_]+)`", labels)))
            for name, kind, labels, *_ in rows if name.startswith("`")}
