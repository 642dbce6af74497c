"""Connection limits: refused with the limit's name at accept, and the place is given back."""

import pytest

import web
from waiting import wait_until


def refused(daemon, limit, maximum, **options):
    client = daemon.connect(**options)
    error = client.expect_error("too_many_connections")
    assert (error["limit"], error["max"]) == (limit, maximum)


def served(daemon, **options):
    """A connection that got a place, waiting for one to be given back."""
    def attempt():
        client = daemon.connect(**options)
        client.send_record(b"1")
        message = client.receive()
        if message == {"ack": 1}:
            return client
        assert message["error"]["code"] == "too_many_connections", message
        return None
    return wait_until(attempt, "a place is given back")


def test_connections_max_is_told_and_given_back(start):
    daemon = start({"limits.connections_max": "3"})
    clients = [served(daemon) for _ in range(3)]
    refused(daemon, "connections_max", 3)
    refused(daemon, "connections_max", 3, source="127.0.0.2")
    clients[0].close()
    served(daemon)
    refused(daemon, "connections_max", 3)
    for client in clients[1:]:
        client.ping()


def test_connections_of_one_address_are_limited(start):
    daemon = start({"limits.connections_per_ip_max": "2"})
    clients = [served(daemon) for _ in range(2)]
    refused(daemon, "connections_per_ip_max", 2)
    elsewhere = [served(daemon, source="127.0.0.2") for _ in range(2)]
    refused(daemon, "connections_per_ip_max", 2, source="127.0.0.2")
    clients[1].reset()
    served(daemon)
    for client in [clients[0], *elsewhere]:
        client.ping()


def test_an_ipv6_address_is_counted_apart_from_ipv4(start, ipv6):
    daemon = start({"limits.connections_per_ip_max": "1"}, ipv6=True)
    served(daemon)
    six = served(daemon, index=1)
    refused(daemon, "connections_per_ip_max", 1)
    refused(daemon, "connections_per_ip_max", 1, index=1)
    six.ping()


def test_an_http_connection_over_a_limit_is_told_503(start):
    daemon = start({"limits.connections_max": "1"})
    holder = served(daemon)
    response = daemon.post(b"1")
    assert response.status == 503
    assert response.error_code() == "too_many_connections"
    assert "retry-after" in response.headers
    holder.close()
    wait_until(lambda: daemon.post(b"2").status == 200, "the place is given back to HTTP")


def test_a_refused_connection_is_closed_whatever_it_sends(start):
    daemon = start({"limits.connections_max": "1"})
    served(daemon)
    for _ in range(50):
        refused(daemon, "connections_max", 1)


def test_the_status_is_reachable_when_all_places_are_taken(start):
    daemon = start({"limits.connections_max": "2"})
    clients = [served(daemon) for _ in range(2)]
    status = daemon.status()
    assert status["connections"]["stream"] == 2
    assert len(clients) == 2


@pytest.mark.parametrize("kind", ["stream", "http"])
def test_status_counts_open_connections(start, kind):
    daemon = start()
    opened = [daemon.connect() if kind == "stream" else web.Web(daemon.address("http")) for _ in range(5)]
    wait_until(lambda: daemon.status()["connections"][kind] == 5, "five are counted")
    for one in opened:
        one.sock.close()
    wait_until(lambda: daemon.status()["connections"][kind] == 0, "none is left")
