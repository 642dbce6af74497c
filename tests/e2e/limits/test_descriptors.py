"""Out of file descriptors: accepting pauses without a spin, who is connected is served, the spool waits where it needs
one, and all goes on by itself."""

import resource
import select
import time

from waiting import seconds, wait_until
from web import Web

PAYLOAD = b'"%s"' % (b"x" * 1000)


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


def take_descriptors(daemon):
    """No file can be opened any more; the limits as they were."""
    limits = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (3, limits[1]))
    return limits


def send_until_slow(client):
    """Records one at a time, until one is not taken; the server's word for it."""
    while True:
        client.send_record(PAYLOAD)
        while client.acked < client.sent:
            message = client.receive()
            if "slow" in message:
                return message["slow"]


def test_a_segment_that_cannot_be_opened_is_a_state_of_its_own(start):
    daemon = start({"spool.segment_bytes_max": "4KiB"})
    client, admin, poster = daemon.connect(timeout=30), Web(daemon.address("admin")), daemon.web()
    assert (admin.get("/readyz").status, poster.post(b"1").status) == (200, 200)
    limits = take_descriptors(daemon)
    assert send_until_slow(client)["reason"] == "no_descriptors"
    status = admin.get("/status").json()
    assert status["state"] == "no_descriptors" and "Too many open files" in status["state_detail"]
    assert 'crawlspool_state{state="no_descriptors"} 1' in admin.get("/metrics").body.decode()
    ready = admin.get("/readyz")
    assert (ready.status, ready.body.strip()) == (503, b"no_descriptors")
    refused = poster.post(b"1")
    assert (refused.status, refused.error_code()) == (503, "no_descriptors")
    assert "Too many open files" in daemon.wait_event("no_descriptors")["detail"]
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, limits)
    assert client.until("resume") == {}
    assert client.wait_ack() == client.sent
    daemon.wait_event("descriptors_free")
    assert not daemon.events("disk_full") and not daemon.events("disk_room")
    assert (daemon.status()["state"], daemon.status()["state_detail"]) == ("ok", "")
    assert daemon.spool.records(peer=client.name, live=True) == [PAYLOAD] * client.sent


def test_rejects_wait_for_a_descriptor(start):
    daemon = start()
    client = daemon.connect(timeout=30)
    client.send_record(b"1")
    client.wait_ack()
    limits = take_descriptors(daemon)
    client.send_record(b"{bad")
    daemon.wait_event("no_descriptors")
    assert client.acked == 1
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, limits)
    assert client.wait_ack(2) == 2
