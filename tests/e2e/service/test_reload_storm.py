"""Many reloads under load, with files good and bad drawn at random: no connection is lost, and after each one the limits
in force are those of the last good file.

CRAWLSPOOL_RELOADS sets how many there are, CRAWLSPOOL_SEED which."""

import os
import random
import re

from daemon import Daemon
from frames import frame
from invariant import check_rejected, check_stored
from reloading import ConfigFile, hup
from writers import join, ledgers, start_writers, wait_for_acks

RELOADS = int(os.environ.get("CRAWLSPOOL_RELOADS", "15"))
SEED = int(os.environ.get("CRAWLSPOOL_SEED", "20261120"))
MIB = 1 << 20

# What to draw from: values under which the writers are served.
DRAWN = {
    "limits.connections_max": lambda chance: chance.randint(20, 200),
    "limits.connections_per_ip_max": lambda chance: chance.randint(20, 200),
    "limits.connections_per_client_max": lambda chance: chance.randint(0, 5),
    "limits.record_bytes_max": lambda chance: f"{chance.randint(64, 4096)}KiB",
    "limits.batch_bytes_max": lambda chance: f"{chance.randint(1, 16)}MiB",
    "limits.batch_records_max": lambda chance: chance.randint(100, 1000),
    "limits.record_depth_max": lambda chance: chance.randint(5, 300),
    "limits.memory_bytes_max": lambda chance: f"{chance.randint(32, 512)}MiB",
    "timeouts.idle": lambda chance: f"{chance.randint(60, 600)}s",
    "timeouts.frame": lambda chance: f"{chance.randint(20, 60)}s",
    "timeouts.write": lambda chance: f"{chance.randint(20, 60)}s",
    "spool.segment_bytes_max": lambda chance: f"{chance.randint(64, 4096)}KiB",
    "spool.segment_age_max": lambda chance: f"{chance.randint(0, 3)}s",
    "spool.keep_free_bytes": lambda chance: f"{chance.randint(0, 9)}MiB",
    "spool.rejected_bytes_max": lambda chance: f"{chance.randint(64, 128)}MiB",
    "spool.sessions_max": lambda chance: chance.randint(10, 1000),
    "spool.session_age_max": lambda chance: f"{chance.randint(1, 30)}d",
    "log.level": lambda chance: chance.choice(["debug", "info"]),
}
UNITS = {"KiB": 1 << 10, "MiB": MIB, "s": 1000, "": 1}

# How a good file is spoiled; each goes wrong somewhere else.
SPOILED = (
    lambda text, _: text + "limit:\n  connections_max: 5\n",
    lambda text, _: text + "limits:\n  connections_max: 5\n",
    lambda text, _: text + "io_threads: none\n",
    lambda text, _: re.sub(r"idle: \d+s", "idle: 5 minutes", text) + "bad\n",
    lambda text, _: text.replace("limits:", "limits: [", 1) + "[",
    lambda text, chance: "".join(chance.choices("{}[]:,'\"#&*\t\x01%@|> -\n", k=200)) + "\n{",
    lambda text, _: "limits: {memory_bytes_max: 1MiB}\n",
    lambda text, _: text.replace("spool:\n", "spool:\n  compression: gzip\n"),
)


def number(value):
    digits, unit = re.fullmatch(r"(\d+)([A-Za-z]*)", str(value)).groups()
    return int(digits) * UNITS[unit]


def check_in_force(daemon, drawn):
    with daemon.connect() as client:
        welcome = client.hello()
        for key, member in (("limits.record_bytes_max", "record_bytes_max"),
                            ("limits.batch_bytes_max", "batch_bytes_max"),
                            ("limits.batch_records_max", "batch_records_max"),
                            ("timeouts.idle", "idle_timeout_ms")):
            assert welcome[member] == number(drawn[key]), key
        depth = drawn["limits.record_depth_max"]
        client.send(b"".join(frame(b"[" * levels + b"]" * levels) for levels in (depth, depth + 1)))
        client.wait_ack(2)
        assert list(client.rejects) == [2]
    metrics = daemon.admin("/metrics").body.decode("ascii")
    for key, name in (("limits.connections_max", "connections_limit"), ("limits.memory_bytes_max", "memory_limit_bytes"),
                      ("spool.keep_free_bytes", "spool_keep_free_bytes")):
        assert float(re.search(rf"^crawlspool_{name} (\S+)$", metrics, re.MULTILINE)[1]) == number(drawn[key]), key


def check_spool(spool, sent):
    """But for what check_in_force() has sent."""
    lines = spool.lines()
    assert sum(line.record.startswith(b"[") for line in lines) == RELOADS
    check_stored([line for line in lines if not line.record.startswith(b"[")], sent)
    check_rejected([line for line in spool.rejected() if line["code"] != "too_deep"], sent)


def test_no_connection_is_lost_and_no_wrong_limit_in_force(tmp_path):
    chance = random.Random(SEED)
    draw = lambda: {key: make(chance) for key, make in DRAWN.items()}
    in_force = draw()
    file = ConfigFile(tmp_path / "crawlspoold.yaml", in_force)
    daemon = Daemon(tmp_path / "daemon", {"io_threads": "2"}, args=file.args, without=["spool.keep_free_bytes"]).start()
    writers = start_writers(daemon, "storm", 6, http=2)
    good = 0
    try:
        for reload_number in range(RELOADS):
            drawn = draw()
            is_good = chance.random() < 0.6
            file.write(drawn)
            if not is_good:
                file.write_text(chance.choice(SPOILED)(file.path.read_text(encoding="utf-8"), chance))
            state = hup(daemon)
            assert state["ok"] == is_good, (reload_number, state, file.path.read_text(encoding="utf-8"))
            in_force = drawn if is_good else in_force
            good += is_good
            assert state["generation"] == good + 1
            check_in_force(daemon, in_force)
            wait_for_acks(writers, sum(writer.acked for writer in writers) + 100)
            assert all(writer.is_alive() for writer in writers), "a connection was lost"
        assert 0 < good < RELOADS
        assert daemon.terminate() == 0
        join(writers)
        assert all(writer.goodbye == "draining" for writer in writers if hasattr(writer, "goodbye"))
        records = sum(writer.acked for writer in writers)
        print(f"seed {SEED}: {RELOADS} reloads, {good} of them good, {records} records acked, "
              f"{len(writers)} connections kept")
        check_spool(daemon.spool, ledgers(writers))
    finally:
        daemon.finish()
