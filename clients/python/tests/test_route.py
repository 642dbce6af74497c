"""Where the client turns next, and when."""

import pytest
from conversation import Conversation, options
from crawlspool import Refused
from crawlspool.engine import Ended
from crawlspool.options import Address, SocketPath, parse_servers
from crawlspool.route import WAIT_SECONDS_MAX, Route

A, B = Address("a", 1), Address("b", 2)


def make(*servers, move="resend"):
    session = Conversation().session
    return Route(options(servers=list(servers), move=move), session), session


def over(progress=False, retry_seconds=0, *, welcomed=False, refusal=None):
    return Ended("", retry_seconds, welcomed or progress, progress, refusal)


def test_the_first_attempt_is_at_once():
    assert make(A)[0].next(0.0) == (A, 0.0)


def test_servers_are_tried_in_turn_and_only_a_round_is_waited_for():
    route, _ = make(A, B)
    route.ended(A, over(), 0.0)
    assert route.next(0.0) == (B, 0.0)
    route.ended(B, over(), 0.0)
    step = route.next(0.0)
    assert step.server == A and step.wait_seconds > 0


def test_waits_grow_with_chance_in_them_up_to_their_bound():
    route, _ = make(A)
    waits = []
    for _ in range(30):
        route.ended(A, over(), 0.0)
        waits.append(route.next(0.0).wait_seconds)
    assert waits[0] <= 0.1 and WAIT_SECONDS_MAX / 2 <= waits[-1] <= WAIT_SECONDS_MAX
    assert len({route.next(0.0).wait_seconds for _ in range(10)}) > 1


def test_progress_makes_waits_short_again():
    route, _ = make(A)
    for _ in range(30):
        route.ended(A, over(), 0.0)
    route.ended(A, over(True), 0.0)
    assert route.next(0.0).wait_seconds <= 0.1


def test_a_server_is_not_asked_before_it_wants_to_be():
    route, _ = make(A)
    route.ended(A, over(True, 4.0), 100.0)
    assert route.next(101.0).wait_seconds >= 3.0


def test_another_server_is_asked_meanwhile():
    route, _ = make(A, B)
    route.ended(A, over(True, 4.0), 100.0)
    assert route.next(100.0) == (B, 0.0)


def test_whoever_keeps_goes_where_its_records_are():
    route, session = make(A, B, move="keep")
    session.home = str(B)
    session.outbox.put(b"1")
    session.sent = 1
    assert route.next(0.0).server == B
    session.settle(1)
    assert route.next(0.0).server == A


def test_whoever_keeps_goes_back_to_a_unix_socket_whatever_its_path():
    home = SocketPath("/run/a, b%2C?.sock")
    route, session = make(A, home, move="keep")
    session.home = str(home)
    session.outbox.put(b"1")
    session.sent = 1
    assert route.next(0.0).server == home


def test_a_refusal_is_told_once_every_server_refuses():
    route, _ = make(A, B)
    why = Refused("a", "bad_hello", "d")
    assert route.ended(A, over(refusal=why), 0.0) is None
    assert route.ended(B, over(refusal=why), 0.0) is why


def test_whoever_has_welcomed_it_is_asked_again_whatever_it_says():
    route, _ = make(A)
    route.ended(A, over(welcomed=True), 0.0)
    assert route.ended(A, over(refusal=Refused("a", "no_crawlspool_server", "d")), 0.0) is None
    assert route.next(0.0).wait_seconds > 0


@pytest.mark.parametrize("text, address", [
    ("tcp://127.0.0.1:8940", ("127.0.0.1", 8940)), ("host", ("host", 8940)), ("host:1", ("host", 1)),
    ("tcp://[::1]:8940", ("::1", 8940)), ("tcp://host:8940/", ("host", 8940)),
    ("unix:8940", ("unix", 8940)), ("unix:///run/a.sock", ("/run/a.sock",)), (" unix:///@a:b ", ("/@a:b",)),
    ("unix:///a%20b%2cc%25%3F#.sock", ("/a b,c%?#.sock",)), ("unix:///网/%e9%A1%B5", ("/网/页",)),
    ("unix:///%ff", ("/\udcff",))])
def test_an_address_is_read_and_written(text, address):
    (read,) = parse_servers(text)
    assert read == address
    assert parse_servers(str(read)) == [read]


def test_several_addresses_stand_between_commas():
    assert [address.port for address in parse_servers("tcp://h:1, tcp://h:2")] == [1, 2]
