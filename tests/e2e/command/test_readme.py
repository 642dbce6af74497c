"""The shell lines of README.md work as they stand there, one after the other, beside the daemon of `./dev run`."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from daemon import CRAWLSPOOL, ROOT
from waiting import seconds, wait_until

SECTIONS = ("Sending from Python", "Sending lines", "Sending datagrams", "Sending from Redis clients", "Sending files and pipes", "Reading the spool")
COMMAND = re.compile(r"    ((?:\(?(?:echo|curl|nc|python3|redis-cli|crawlspool|spider|gzip|zstdcat)) .*)")
PORTS = {8940: "stream", 8941: "http", 8942: "admin", 8943: "lines", 8944: "redis", 8945: "datagrams"}
OTHERS = ("curl", "jq", "nc", "redis-cli", "zstdcat")
# Programs of the reader's that the lines name.
OWN = {"spider": """echo '{"spider":1}'; echo '{"spider":2}'""", "load": "cat"}
ENDLESS = "crawlspool tail -f"


def lines():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    sections = dict(part.split("\n", 1) for part in text.split("\n## ")[1:])
    return [COMMAND.fullmatch(line)[1] for title in SECTIONS for line in sections[title].splitlines() if COMMAND.fullmatch(line)]


@pytest.fixture
def daemon(start):
    return start({"listen.lines": '["tcp://127.0.0.1:0"]', "listen.redis": '["tcp://127.0.0.1:0?strip=:items"]', "listen.datagrams": '["udp://127.0.0.1:0"]', "spool.segment_bytes_max": "64KiB", "spool.compression": "zstd"})


@pytest.fixture
def shell(daemon, tmp_path):
    """Runs a line of the README as its reader does who has pasted what `./dev run` prints."""
    if missing := [program for program in OTHERS if not shutil.which(program)]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    config = tmp_path / "crawlspoold.yaml"
    listen = daemon.status()["listen"]
    config.write_text(json.dumps({"listen": listen, "spool": {"directory": str(daemon.spool.directory)}}), encoding="utf-8")
    for name, script in OWN.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    folders = (str(Path(CRAWLSPOOL).parent), str(tmp_path), os.environ["PATH"])
    environment = {**os.environ, "PATH": ":".join(folders), "CRAWLSPOOL_CONFIG": str(config)}

    def run(line):
        for port, kind in PORTS.items():
            line = re.sub(rf"\b{port}\b", str(daemon.address(kind)[1]), line)
        line = line.replace("/var/spool/crawlspool", str(daemon.spool.directory))
        if line.startswith(ENDLESS):
            line = "timeout --preserve-status -s INT 1 " + line
        return subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=tmp_path, env=environment, text=True,
                              capture_output=True, timeout=seconds(30), check=False)

    return run


def test_each_line_works(daemon, shell):
    pasted = lines()
    assert len(pasted) >= 15, pasted
    for _ in range(2):  # the second goes into a new segment: the first is sealed and compressed, as zstdcat wants it
        assert daemon.post(b'"some text"\n' * 2000, "application/x-ndjson").status == 200
    wait_until(lambda: any(daemon.spool.directory.glob("0*.zst")), "a segment is compressed", 30)
    for line in pasted:
        ran = shell(line)
        assert ran.returncode == 0, (line, ran.stdout[-500:], ran.stderr)
    records = set(daemon.spool.records(live=True))
    assert {b'{"url":"https://example.com/","status":200}', b'{"n":2}', b'{"spider":2}'} <= records
