"""Polite clients: each sends a record and waits for its acknowledgement, over and over, most on the stream port and some
over HTTP, all from one thread. How long each had to wait is kept."""

import dataclasses
import selectors
import socket
import time

PAUSE_S = 0.01  # between an answer and the next record
RETRY_S = 0.05  # after a 503
RECORD = b'{"url":"https://example.com/","status":200,"pad":"' + b"x" * 200 + b'"}'


@dataclasses.dataclass
class Waits:
    seconds: list
    failures: list
    refusals: int = 0

    def quantile(self, share):
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    def __str__(self):
        return (f"{len(self.seconds)} acks, p50 {self.quantile(0.5) * 1e3:.2f} ms, p99 {self.quantile(0.99) * 1e3:.2f} ms, "
                f"longest {max(self.seconds) * 1e3:.1f} ms, {self.refusals} refused for a moment, {len(self.failures)} failures {self.failures[:2]}")


class Polite:
    def __init__(self, address, is_http):
        self.address = address
        self.connect()
        self.refusals = 0
        self.sent_at = None
        self.is_waiting = False
        self.due = 0.0
        head = f"POST /v1/records HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(RECORD)}\r\n\r\n"
        self.message = head.encode() + RECORD if is_http else len(RECORD).to_bytes(4, "big") + RECORD
        self.answered = b'"accepted":1' if is_http else b'"ack"'
        self.answer = b""

    def connect(self):
        self.socket = socket.create_connection(self.address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)

    def send(self):
        self.sent_at = self.sent_at or time.perf_counter()  # a refused record goes on waiting
        self.is_waiting = True
        self.socket.sendall(self.message)

    def take(self, selector):
        """How long the answer took, if that is now whole."""
        self.answer += self.socket.recv(65536) or b"(closed)"
        if self.answer.startswith(b"HTTP/1.1 503 "):
            return self.retry(selector)
        if self.answered not in self.answer:
            if b"(closed)" in self.answer or b'"error"' in self.answer:
                raise ConnectionError(self.answer[-200:])
            return None
        self.answer = b""
        self.is_waiting = False
        waited, self.sent_at = time.perf_counter() - self.sent_at, None
        self.due = time.perf_counter() + PAUSE_S
        return waited

    def retry(self, selector):
        selector.unregister(self.socket)
        self.socket.close()
        self.connect()
        selector.register(self.socket, selectors.EVENT_READ, self)
        self.refusals += 1
        self.answer = b""
        self.is_waiting = False
        self.due = time.perf_counter() + RETRY_S


def run(stream, http, duration_s, *, each_tick, on_stream=16, over_http=4):
    """Waits of all of them within `duration_s`; `each_tick` is called some fifty times a second meanwhile. One that
    still waits at the end counts with what it has waited so far."""
    clients = [Polite(stream, False) for _ in range(on_stream)] + [Polite(http, True) for _ in range(over_http)]
    selector = selectors.DefaultSelector()
    for client in clients:
        selector.register(client.socket, selectors.EVENT_READ, client)
    waits = Waits([], [])
    end = time.perf_counter() + duration_s
    tick_due = 0.0
    while (now := time.perf_counter()) < end and clients:
        if now >= tick_due:
            tick_due = now + 0.02
            each_tick()
        for client in clients:
            if not client.is_waiting and client.due <= now:
                client.send()
        for key, _ in selector.select(0.001):
            client = key.data
            try:
                waited = client.take(selector)
            except OSError as error:
                waits.failures.append(repr(error))
                selector.unregister(client.socket)
                clients.remove(client)
                continue
            if waited is not None:
                waits.seconds.append(waited)
    waits.seconds += [time.perf_counter() - client.sent_at for client in clients if client.sent_at is not None]
    for client in clients:
        waits.refusals += client.refusals
        client.socket.close()
    return waits
