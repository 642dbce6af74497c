"""More datagrams than can be taken in: what is not stored is counted, and nobody else waits."""

import gzip
import json
import signal
import threading

from datagrams import count, listen, sender, stored, wait_accounted
from reloading import ConfigFile, reload
from waiting import wait_until

SMALL = "udp://127.0.0.1:0?buffer=4KiB"
RECORD = b'{"flood":"' + b"x" * 490 + b'"}'


def flood(daemon, number, record=RECORD):
    with sender(daemon) as sock:
        for _ in range(number):
            sock.send(record)


def large_when_decompressed(size):
    return gzip.compress(b'"' + b"x" * (size - 2) + b'"')


def test_what_was_received_and_what_was_dropped_is_what_was_sent(start):
    daemon = start(listen(SMALL))
    flood(daemon, 20_000)
    wait_accounted(daemon, 20_000)
    dropped = count(daemon, "dropped")
    assert dropped > 0
    assert len(stored(daemon, 20_000 - dropped)) == 20_000 - dropped
    assert daemon.wait_event("datagrams_dropped")["address"] == "udp://" + daemon.ready["datagrams"][0]


def test_a_full_disk_leaves_them_to_the_kernel(start, tmp_path):
    file = ConfigFile(tmp_path / "config.yaml", {"spool.keep_free_bytes": "100TiB"})
    daemon = start(listen(SMALL), args=file.args, without=["spool.keep_free_bytes"])
    with sender(daemon) as sock:
        sock.send(b'"first"')
        wait_until(lambda: daemon.status()["state"] == "disk_full", "state disk_full")
        for _ in range(1000):
            sock.send(RECORD)
    wait_until(lambda: count(daemon, "dropped") > 0, "drops are counted")
    assert count(daemon, "received") <= 32, "the socket is read though nothing can be stored"
    assert daemon.wait_event("datagrams_dropped")["detail"].startswith("the kernel had no room for them while the daemon")
    reload(daemon, file, {"spool.keep_free_bytes": "0"})
    wait_accounted(daemon, 1001)
    kept = 1001 - count(daemon, "dropped")
    assert len(stored(daemon, kept)) == kept


def test_a_flood_leaves_the_others_their_turns(start):
    daemon = start({**listen("udp://127.0.0.1:0"), "io_threads": "1"})
    stop = threading.Event()

    def send_on():
        with sender(daemon) as sock:
            while not stop.is_set():
                sock.send(RECORD)

    flooding = threading.Thread(target=send_on)
    flooding.start()
    try:
        client = daemon.connect(timeout=20)
        for number in range(50):
            client.send_record(b"%d" % number)
            client.wait_ack(number + 1)
    finally:
        stop.set()
        flooding.join()


def test_memory_stays_bounded_and_goes_on(start):
    daemon = start({**listen("udp://127.0.0.1:0"), "limits.memory_bytes_max": "8MiB", "limits.record_bytes_max": "1MiB",
                    "limits.batch_bytes_max": "1MiB"})
    flood(daemon, 20_000, b'"' + b"x" * 20_000 + b'"')
    wait_accounted(daemon, 20_000)
    kept = 20_000 - count(daemon, "dropped")
    assert len(stored(daemon, kept)) == kept


def test_more_than_a_turn_may_cost_goes_on_by_itself(start):
    daemon = start(listen("udp://127.0.0.1:0"))
    daemon.signal(signal.SIGSTOP)
    flood(daemon, 16, large_when_decompressed(1024 * 1024))
    daemon.signal(signal.SIGCONT)
    assert len(stored(daemon, 16)) == 16


def test_a_stop_takes_in_what_the_socket_holds(start):
    """So much that it takes many turns."""
    daemon = start(listen("udp://127.0.0.1:0"))
    daemon.signal(signal.SIGSTOP)
    flood(daemon, 100, large_when_decompressed(256 * 1024))
    daemon.signal(signal.SIGTERM)
    daemon.signal(signal.SIGCONT)
    assert daemon.wait_exit() == 0
    dropped = sum(int(event["dropped"]) for event in daemon.events("datagrams_dropped"))
    assert len(daemon.spool.lines()) + dropped == 100
    assert len(daemon.spool.lines()) > 50 and not daemon.events("datagrams_left")


def test_a_stop_with_a_full_disk_says_what_is_left(start):
    daemon = start({**listen("udp://127.0.0.1:0"), "spool.keep_free_bytes": "100TiB", "timeouts.drain": "2s"})
    with sender(daemon) as sock:
        sock.send(b'"first"')
        wait_until(lambda: daemon.status()["state"] == "disk_full", "state disk_full")
        for number in range(20):
            sock.send(json.dumps(number).encode())
    daemon.terminate()
    left = daemon.wait_event("datagrams_left")
    assert int(left["bytes"]) > 0 or int(left["datagrams"]) > 0
