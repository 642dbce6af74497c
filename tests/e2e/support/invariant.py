"""The promise that every fault is tried on: what was acked is in the spool exactly once and byte for byte, in each
sender's order; there is nothing that nobody sent; rejected records are kept with their verdict; every line proves
itself; the command agrees; and the daemon serves again without a hand."""

import collections
import itertools
import os
import subprocess

from daemon import CRAWLSPOOL, clean_environment
from ledger import Ledger, identify
from waiting import seconds

serial = itertools.count(1)


def check_stored(lines, ledgers):
    """Of each sender its first records without a gap, at least those acked. Returns how many unacked ones are there."""
    stored = collections.defaultdict(list)
    for line in lines:
        name, number = identify(line.record)
        stored[name].append((number, line))
    kept = sum(check_sender(ledger, stored.pop(ledger.name, [])) for ledger in ledgers)
    assert not stored, f"records nobody sent: {list(stored)[:5]}"
    return kept


def check_sender(ledger, stored):
    good = (number for number in range(1, ledger.sent + 1) if not ledger.is_bad(number))
    last = 0
    for number, line in stored:
        expected = next(good, None)
        assert number == expected, f"{ledger.name}: {number} where {expected} is due, acked {ledger.acked}"
        assert line.record == ledger.payload(number), f"{ledger.name}: {number} was changed: {line.record[:200]!r}"
        assert line.via == ledger.via and line.peer == ledger.peer, f"{ledger.name}: {number} is not from {line.peer}"
        assert line.seq == (number if ledger.via == "stream" else None), f"{ledger.name}: {number} has seq {line.seq}"
        last = number
    missing = next(good, ledger.sent + 1)
    assert missing > ledger.acked, f"{ledger.name}: {missing} is lost: acked {ledger.acked}, stored up to {last}"
    return sum(number > ledger.acked for number, _ in stored)


def check_rejected(lines, ledgers):
    """Every rejected record that an ack covers is kept once, as it came."""
    kept = collections.defaultdict(list)
    for line in lines:
        name, number = identify(line["raw"])
        kept[name].append(number)
        assert line["code"] == "invalid_json" and line.get("seq", number) == number, line
    for ledger in ledgers:
        numbers = kept.pop(ledger.name, [])
        bad = [number for number in range(1, ledger.sent + 1) if ledger.is_bad(number)]
        assert numbers == bad[:len(numbers)], f"{ledger.name}: rejected {numbers}, due {bad}"
        assert len(numbers) >= sum(number <= ledger.acked for number in bad), f"{ledger.name}: a verdict is lost"
    assert not kept, f"rejects nobody sent: {list(kept)[:5]}"


def check_spool(spool, ledgers):
    """All that can be seen while no record is on its way. Returns how many unacked records are there."""
    kept = check_stored(spool.lines(), ledgers)
    check_rejected(spool.rejected(), ledgers)
    assert spool.durable() <= spool.position()
    verdict = subprocess.run([CRAWLSPOOL, "verify", "--spool", spool.directory], capture_output=True, check=False,
                             timeout=seconds(60), env=clean_environment())
    assert verdict.returncode == 0, verdict
    return kept


def check_service(daemon):
    """It answers, takes a record and settles it; the record joins those that have to be there from now on."""
    ledger = Ledger(f"service-{next(serial)}")
    with daemon.connect() as client:
        ledger.peer = client.name
        client.ping()
        client.send_records(ledger.take(1))
        ledger.acked = client.wait_ack()
    return ledger


def check_at_rest(spool, ledgers):
    """The same after a clean stop, when nothing may be half done."""
    kept = check_spool(spool, ledgers)
    left = [path.name for path in spool.directory.rglob("*.tmp")]
    assert not left, f"left behind: {left}"
    positions = [position for position, _ in spool.segments()]
    assert len(positions) == len(set(positions)), f"a segment in two files: {spool.segments()}"
    link = os.readlink(spool.directory / "current.ndjson")
    assert link == spool.open_segment().name, f"current.ndjson points at {link}"
    return kept


def check_restart(daemon, ledgers):
    """Starts it after whatever happened, and checks all of this. Returns how many unacked records were kept, and the
    record that proved the service, which is owed from now on."""
    daemon.start()
    kept = check_spool(daemon.spool, ledgers)
    return kept, check_service(daemon)
