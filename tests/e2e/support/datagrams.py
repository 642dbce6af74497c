"""Senders of datagrams, and what the daemon says that it has received, refused and dropped."""

import contextlib
import json
import socket

from exposition import scrape
from waiting import seconds, wait_until


@contextlib.contextmanager
def sender(daemon, index=0, *, host=None):
    """A socket that is connected to a listener over UDP, and so has one address; `host`: its own."""
    at = daemon.address("datagrams", index)
    with socket.socket(socket.AF_INET6 if ":" in at[0] else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(seconds(10))
        if host:
            sock.bind((host, 0))
        sock.connect(at)
        yield sock


def send(daemon, *datagrams, index=0, host=None):
    with sender(daemon, index, host=host) as sock:
        for datagram in datagrams:
            sock.send(datagram)


def count(daemon, what, index=None):
    """Of one listener, or of all together."""
    by_address = scrape(daemon).labelled(f"crawlspool_datagrams_{what}_total", "address")
    return int(sum(by_address.values()) if index is None else by_address[daemon.ready["datagrams"][index]])


def wait_received(daemon, number, index=None):
    wait_until(lambda: count(daemon, "received", index) >= number, f"{number} datagrams are received")


def wait_accounted(daemon, sent):
    """Each that was sent is received or dropped."""
    wait_until(lambda: count(daemon, "received") + count(daemon, "dropped") == sent, f"{sent} are received or dropped", 20)


def stored(daemon, number):
    wait_until(lambda: len(daemon.spool.lines(live=True)) >= number, f"{number} are stored")
    return daemon.spool.lines(live=True)


def rejected(daemon, number):
    wait_until(lambda: len(daemon.spool.rejected()) >= number, f"{number} are rejected")
    return daemon.spool.rejected()


def listen(*urls):
    return {"listen.datagrams": json.dumps(urls)}
