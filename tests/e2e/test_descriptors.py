"""Out of file descriptors: accepting pauses without a spin, who is connected is served, and it goes on by itself."""

import select
import time

from waiting import seconds, wait_until


def starve(daemon):
    """(served, waiting): connections up to the last free descriptor, and those that found none."""
    daemon.limit_descriptors(spare=12)
    clients = []
    for _ in range(60):
        client = daemon.connect()
        client.send_record(b"1")
        clients.append(client)
    first = clients[0]
    first.wait_ack()
    served = [first]
    for client in clients[1:]:
        if not select.select([client.sock], [], [], seconds(0.5))[0]:
            break
        client.wait_ack()
        served.append(client)
    waiting = clients[len(served):]
    assert served and len(waiting) > 20, (len(served), len(waiting))
    return served, waiting


def test_no_free_descriptor_does_not_spin(start):
    daemon = start()
    served, _ = starve(daemon)
    before = daemon.cpu_seconds()
    window = seconds(1)
    time.sleep(window)  # not a wait for something: the window whose CPU time is measured
    assert daemon.cpu_seconds() - before < window * 0.25
    assert len(served) > 0


def test_connections_are_served_while_no_descriptor_is_free(start):
    daemon = start()
    served, _ = starve(daemon)
    for client in served:
        client.send_records([b"%d" % n for n in range(100)])
    for client in served:
        assert client.wait_ack() == 101


def test_waiting_connections_are_accepted_once_descriptors_are_free(start):
    daemon = start()
    served, waiting = starve(daemon)
    for client in served:
        client.close()
    while waiting:
        ready = [client for client in waiting if select.select([client.sock], [], [], 0)[0]]
        for client in ready or waiting[:1]:
            assert client.wait_ack() == 1
            client.close()
            waiting.remove(client)
    latest = daemon.connect()
    latest.send_record(b'"late"')
    assert latest.wait_ack() == 1


def test_the_operator_is_told(start):
    daemon = start()
    starve(daemon)
    wait_until(lambda: any(event["level"] in ("warn", "error") for event in daemon.events()), "a warning in the log")
