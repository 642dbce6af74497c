"""Group commit: one sync serves all connections that wait for it, so syncs a record fall as the load rises, and the
more so the slower the disk is. CRAWLSPOOL_COMMITS sets how many records each connection sends."""

import os
import time

import pytest

from closed_loop import run_closed_loops
from daemon import Daemon
from invariant import check_at_rest
from slow_sync import slow_sync

RECORDS = int(os.environ.get("CRAWLSPOOL_COMMITS", "50"))
CONNECTIONS = (1, 8, 64)


def measure(daemon, connections):
    """(syncs a record, records a second) of this many connections, and what is owed."""
    before, began = daemon.status(), time.monotonic()
    owed = run_closed_loops(daemon, f"of-{connections}", connections, RECORDS)
    took, after = time.monotonic() - began, daemon.status()
    records = after["records"] - before["records"]
    assert records == connections * RECORDS
    return (after["syncs"] - before["syncs"]) / records, records / took, owed


@pytest.mark.parametrize("delay_ms", [0, 5], ids=["this disk", "5 ms a sync"])
def test_syncs_a_record_fall_as_the_load_rises(tmp_path, delay_ms):
    options = slow_sync(tmp_path, delay_ms) if delay_ms else {}
    daemon = Daemon(tmp_path / "daemon", **options).start()
    try:
        measured = [measure(daemon, connections) for connections in CONNECTIONS]
        assert daemon.terminate() == 0
    finally:
        daemon.finish()
    check_at_rest(daemon.spool, [ledger for _, _, owed in measured for ledger in owed])
    print(f"\n{delay_ms} ms added to each sync, {RECORDS} records a connection\n"
          "connections  syncs a record  records/s")
    for connections, (ratio, rate, _) in zip(CONNECTIONS, measured):
        print(f"{connections:11}  {ratio:14.3f}  {rate:9.0f}")
    one, eight, many = (ratio for ratio, _, _ in measured)
    assert one <= 1 and many < one
    if delay_ms:
        assert one > eight > many and many < 0.1
