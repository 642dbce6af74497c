"""Clients with sessions that send for as long as they are let, and one that only connects, again and again."""

import json
import socket
import threading
import time

import crawlspool
from machine import run

ADDRESS = ("127.0.0.1", 8940)
CLIENTS = 10
CLOSE_TIMEOUT_S = 60


class Load:
    """with Load() as load: … . Afterwards every record that was sent is settled; `check()` looks them up."""

    def __init__(self, name):
        self.name = name
        self.sent = [0] * CLIENTS
        self.connects = self.refused = 0
        self.longest_gap_s = 0.0
        self._ending = threading.Event()
        self._last_ack = None

    def __enter__(self):
        self._threads = [threading.Thread(target=self._send, args=(number,)) for number in range(CLIENTS)]
        self._threads.append(threading.Thread(target=self._connect))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _send(self, number):
        with crawlspool.Client("tcp://%s:%d" % ADDRESS, client=f"{self.name}-{number}", on_ack=self._acked,
                               close_timeout=CLOSE_TIMEOUT_S) as client:
            while not self._ending.is_set():
                self.sent[number] += 1
                client.send({"load": self.name, "client": number, "n": self.sent[number]})
                time.sleep(0.01)

    def _acked(self, _count):
        now = time.monotonic()
        self.longest_gap_s = max(self.longest_gap_s, now - (self._last_ack or now))
        self._last_ack = now

    def _connect(self):
        while not self._ending.is_set():
            try:
                socket.create_connection(ADDRESS, timeout=60).close()
            except ConnectionRefusedError:
                self.refused += 1
            self.connects += 1
            time.sleep(0.005)

    def check(self):
        """Says what was done, once no connect was refused, and no record lost or doubled."""
        assert self.refused == 0, f"{self.refused} of {self.connects} connects were refused"
        found = [[] for _ in range(CLIENTS)]
        for line in run("crawlspool", "cat", "--records").stdout.splitlines():
            record = json.loads(line)
            if record.get("load") == self.name:
                found[record["client"]].append(record["n"])
        for number, sent in enumerate(self.sent):
            assert found[number] == list(range(1, sent + 1)), f"client {number} sent {sent}, stored {len(found[number])}"
        return (f"{sum(self.sent)} records of {CLIENTS} clients, each once; {self.connects} connects, none refused; "
                f"longest time without an ack {self.longest_gap_s:.2f} s")
