"""Several I/O threads: connections spread over them, one spool, one order for each connection, one orderly stop."""

import writers as load
from frames import Client
from invariant import check_spool


def test_several_threads_share_one_spool(start):
    daemon = start({"io_threads": "3"})
    writers = load.start_writers(daemon, "spread", 9)
    load.wait_for_acks(writers, 5000)
    assert daemon.terminate() == 0
    load.join(writers)
    assert {writer.goodbye for writer in writers} == {"draining"}
    assert check_spool(daemon.spool, load.ledgers(writers)) == 0


def test_connections_on_every_thread_count_towards_one_limit(start):
    daemon = start({"io_threads": "3", "limits.connections_max": "6"})
    connected = [daemon.connect() for _ in range(6)]
    for client in connected:
        client.ping()
    with Client(daemon.address()) as refused:
        assert refused.expect_error("too_many_connections")["limit"] == "connections_max"
    for client in connected:
        client.send_record(b"1")
        assert client.wait_ack() == 1
