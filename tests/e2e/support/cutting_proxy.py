"""A proxy that treats connections badly: cuts them at random bytes, by FIN or by RST, and may swallow what the server
says for a while before. Its own address stays, whatever becomes of the server's."""

import contextlib
import dataclasses
import random
import socket
import struct
import threading

RESET = struct.pack("ii", 1, 0)


@dataclasses.dataclass(frozen=True)
class Temper:
    """How long connections live, in bytes from the client, and how many are left alone. Some get deaf: after so many
    of its bytes nothing the server says gets through, and soon after that they are cut."""
    lifetime_bytes_max: int = 60_000
    survive_one_in: int = 10
    deaf_one_in: int = 3
    deaf_after_bytes_max: int = 600
    deaf_for_s_max: float = 0.05


class CuttingProxy:
    def __init__(self, target, seed, temper=Temper()):
        """`target()` is the server's address at the moment, or None."""
        self.target = target
        self.temper = temper
        self.chance = random.Random(seed)
        self.cuts = 0
        self.swallowed_bytes = 0
        self.calm = False  # from now on nothing is cut
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = self.listener.getsockname()
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target())
            except (OSError, TypeError):
                client.close()
                continue
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Link(self, client, server).start()


class Link:
    """One connection and its fate, which is drawn at the beginning."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        temper, chance = proxy.temper, proxy.chance
        left_alone = proxy.calm or chance.randrange(temper.survive_one_in) == 0
        gets_deaf = not left_alone and chance.randrange(temper.deaf_one_in) == 0
        self.cut_after = None if left_alone else chance.randint(1, temper.lifetime_bytes_max)
        self.deaf_after = chance.randint(0, temper.deaf_after_bytes_max) if gets_deaf else None
        self.deaf_for_s = chance.uniform(0, temper.deaf_for_s_max)
        self.by_reset = chance.random() < 0.5
        self.is_cut = self.resets = False
        self.lock = threading.Lock()
        self.pumps = 2

    def start(self):
        for pump in (self.pump_up, self.pump_down):
            threading.Thread(target=self.run, args=(pump,), daemon=True).start()

    def run(self, pump):
        with contextlib.suppress(OSError):
            pump()
        self.shut()
        with self.lock:
            self.pumps -= 1
            if self.pumps == 0:
                self.client.close()
                self.server.close()

    def shut(self):
        """Both pumps stop; the last of them closes, and that sends the RST where one is due."""
        for sock in (self.client, self.server):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RD if self.resets else socket.SHUT_RDWR)

    def cut(self):
        with self.lock:
            if self.is_cut:
                return
            self.is_cut = True
        self.proxy.cuts += 1
        self.resets = self.by_reset
        if self.resets:
            for sock in (self.client, self.server):
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.shut()

    def pump_up(self):
        passed = 0
        while data := self.client.recv(1 << 16):
            doomed = self.cut_after is not None and not self.proxy.calm
            data = data[:self.cut_after - passed] if doomed else data
            passed += len(data)
            self.server.sendall(data)
            if doomed and passed >= self.cut_after:
                self.cut()
                return

    def pump_down(self):
        passed = 0
        swallowed = False
        while data := self.server.recv(1 << 16):
            heard = data if self.deaf_after is None else data[:max(0, self.deaf_after - passed)]
            passed += len(data)
            self.client.sendall(heard)
            if len(heard) < len(data):
                self.proxy.swallowed_bytes += len(data) - len(heard)
                if not swallowed:
                    threading.Timer(self.deaf_for_s, self.cut).start()
                swallowed = True
