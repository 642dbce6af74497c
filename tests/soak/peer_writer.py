"""The load of the comparison: numbered records over one connection, a window of them on its way, whatever the
protocol."""

import contextlib
import select
import socket
import threading

from ledger import Ledger, Shape


class PeerWriter(threading.Thread):
    def __init__(self, peer, name, window=50):
        super().__init__(daemon=True)
        self.peer = peer
        self.window = window
        self.ledger = Ledger(name, shape=Shape(large_one_in=0))
        self.sock = socket.create_connection(peer.address, timeout=10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.settimeout(10)
        self.rest = b""

    def run(self):
        with self.sock, contextlib.suppress(OSError):
            while True:
                room = self.window - (self.ledger.sent - self.ledger.acked)
                if room > self.window // 2:
                    self.sock.sendall(b"".join(map(self.peer.encode, self.ledger.take(room))))
                if not self.take():
                    return

    def take(self):
        select.select([self.sock], [], [], 10)
        data = self.sock.recv(1 << 16)
        self.ledger.acked, self.rest = self.peer.count_acks(self.rest + data, self.ledger.acked)
        return data
