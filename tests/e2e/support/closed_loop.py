"""Many connections that each wait for the ack of one record before they send the next: what crawlers do that must not
lose a page. One thread, so that a load of 64 connections costs the machine no more than it has to."""

import contextlib
import selectors

from frames import frames
from ledger import Ledger, Shape


def run_closed_loops(daemon, name, connections, records):
    """Until each connection has had this many records acked. Returns their ledgers."""
    selector = selectors.DefaultSelector()
    ledgers = []
    with contextlib.ExitStack() as stack:
        for index in range(connections):
            client = stack.enter_context(daemon.connect(timeout=30))
            ledger = Ledger(f"{name}-{index}", shape=Shape(large_one_in=0))
            ledger.peer = client.name
            ledgers.append(ledger)
            selector.register(client.sock, selectors.EVENT_READ, (client, ledger))
            client.send(frames(ledger.take(1)))
        busy = connections
        while busy:
            ready = selector.select(30)
            assert ready, "no ack for 30 s"
            for key, _ in ready:
                client, ledger = key.data
                client.wait_ack(ledger.sent)
                ledger.acked = client.acked
                if ledger.sent < records:
                    client.send(frames(ledger.take(1)))
                else:
                    selector.unregister(client.sock)
                    busy -= 1
    return ledgers
