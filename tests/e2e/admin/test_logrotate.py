"""The logrotate snippet: the daemon goes on in a fresh file, no line is lost, and the second rotation packs the first."""

import gzip
import os
import shutil
import subprocess

import pytest

from daemon import ROOT, clean_environment
from waiting import wait_until

SNIPPET = ROOT / "packaging/logrotate/crawlspoold"
LOGROTATE = shutil.which("logrotate", path=os.environ["PATH"] + ":/usr/sbin")


def rotate(daemon, directory, tmp_path):
    """As the timer does, but for the place, the user, and systemctl, which here signals this daemon."""
    text = SNIPPET.read_text(encoding="utf-8").replace("/var/log/crawlspool", str(directory))
    snippet = tmp_path / "snippet"
    snippet.write_text(text.replace("su crawlspool crawlspool", "su root root"), encoding="utf-8")
    snippet.chmod(0o644)
    tools = tmp_path / "bin"
    tools.mkdir(exist_ok=True)
    systemctl = tools / "systemctl"
    systemctl.write_text(f'#!/bin/sh\n[ "$1 $3 $4" = "kill --signal=HUP crawlspoold.service" ] && kill -HUP {daemon.pid}\n',
                         encoding="utf-8")
    systemctl.chmod(0o755)
    result = subprocess.run([LOGROTATE, "--force", "--state", tmp_path / "state", snippet], capture_output=True,
                            text=True, check=False, env=clean_environment({"PATH": f"{tools}:/usr/sbin:/usr/bin:/bin"}))
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.skipif(not LOGROTATE, reason="logrotate is not installed")
def test_rotation_loses_no_line(start, tmp_path):
    directory = tmp_path / "log"
    directory.mkdir(mode=0o755)
    log = directory / "crawlspoold.log"
    daemon = start({"log.destination": str(log)})
    for count in (1, 2):
        with daemon.connect() as client:
            client.send_records([b"1"])
            client.wait_ack()
        rotate(daemon, directory, tmp_path)
        wait_until(lambda: log.exists() and "event=logs_reopened" in log.read_text(encoding="utf-8"), "a fresh file")
        assert (directory / f"crawlspoold.log.{count}{'.gz' if count == 2 else ''}").exists()
    assert daemon.terminate() == 0
    first = gzip.decompress((directory / "crawlspoold.log.2.gz").read_bytes()).decode()
    second = (directory / "crawlspoold.log.1").read_text(encoding="utf-8")
    last = log.read_text(encoding="utf-8")
    assert "event=started" in first and "event=stopped" in last
    assert (first + second + last).count("event=conn_close") == 2
