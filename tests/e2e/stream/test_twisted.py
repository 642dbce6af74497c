"""A client that exists already, unchanged: Twisted's Int32StringReceiver."""

import importlib.util
import json
import subprocess
import sys

import pytest

from daemon import ROOT
from waiting import seconds


@pytest.mark.skipif(importlib.util.find_spec("twisted") is None, reason="python3-twisted is not installed")
def test_int32_string_receiver_sends_records_and_reads_acks(start):
    daemon = start()
    host, port = daemon.address()
    script = ROOT / "tests/e2e/support/twisted_client.py"
    result = subprocess.run([sys.executable, str(script), host, str(port), "1000"], capture_output=True, text=True,
                            check=False, timeout=seconds(30))
    assert result.returncode == 0, result.stdout + result.stderr
    assert [json.loads(record)["n"] for record in daemon.spool.records()] == list(range(1000))
