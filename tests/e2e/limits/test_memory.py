"""Memory is bounded whatever peers do: back-pressure instead of growth, and all that is whole is acked in the end."""

import contextlib
import threading

import pytest

import daemon as daemon_module
from frames import Client, frame, header
from waiting import seconds

MIB = 1 << 20
SETTINGS = {"limits.memory_bytes_max": "4MiB", "limits.batch_bytes_max": "2MiB", "limits.record_bytes_max": "1MiB"}


class Sender(threading.Thread):
    """Sends its records until all are acked; with a barrier the first frame is begun and goes on only when all others
    are begun as well. A begun frame that had to go (frame_timeout) is sent again on a new connection."""

    BEGUN_BYTES = 60_000  # what kernel buffers hold, so that nobody waits for the server before the barrier

    def __init__(self, address, index, barrier, count, size):
        super().__init__()
        self.address, self.index, self.barrier, self.count, self.size = address, index, barrier, count, size
        self.restarts = 0
        self.error = None

    def payload(self, number):
        return b'{"id":"%d-%d","pad":"%s"}' % (self.index, number, b"x" * self.size)

    def run(self):
        try:
            number = 1
            while number <= self.count:
                number = self.session(number)
                self.restarts += number <= self.count
                assert self.restarts < 1000, "frames are ended again and again"
        except Exception as error:  # handed to the test
            self.error = error

    def session(self, number):
        """Sends from `number` on over one connection; the number to go on with."""
        first = number
        with Client(self.address, timeout=60) as client:
            try:
                while number <= self.count:
                    data = frame(self.payload(number))
                    client.send(data[:self.BEGUN_BYTES])
                    if self.barrier and self.restarts == 0 and number == 1:
                        self.barrier.wait(seconds(60))
                    client.send(data[self.BEGUN_BYTES:])
                    number += 1
                while client.acked < number - first:
                    message = client.receive()
                    assert message is not None, "closed without a word"
                    if "error" in message:
                        assert message["error"]["code"] == "frame_timeout", message
                        break
            except (BrokenPipeError, ConnectionResetError):
                with contextlib.suppress(ConnectionResetError):
                    while client.receive() is not None:
                        pass
            return first + client.acked


def run_all(daemon, senders):
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    for sender in senders:
        assert sender.error is None, f"sender {sender.index}: {sender.error!r}"
    stored = daemon.spool.records(live=True)
    expected = [sender.payload(n) for sender in senders for n in range(1, sender.count + 1)]
    assert len(stored) == len(expected)
    assert sorted(stored) == sorted(expected)


def growth_bound(daemon):
    base = daemon.memory_peak_bytes()
    return base + 32 * MIB


def test_many_begun_big_frames_are_all_acked_in_the_end_within_bounded_memory(start):
    daemon = start(SETTINGS)
    bound = growth_bound(daemon)
    barrier = threading.Barrier(120)
    run_all(daemon, [Sender(daemon.address(), index, barrier, 1, 900_000) for index in range(120)])
    if not daemon_module.is_sanitized():
        assert daemon.memory_peak_bytes() < bound


def test_steady_load_over_the_limit_is_slowed_and_not_lost(start):
    daemon = start(SETTINGS)
    bound = growth_bound(daemon)
    run_all(daemon, [Sender(daemon.address(), index, None, 10, 250_000) for index in range(20)])
    if not daemon_module.is_sanitized():
        assert daemon.memory_peak_bytes() < bound


def test_a_claimed_length_takes_no_memory(start):
    daemon = start({"limits.record_bytes_max": "128MiB", "limits.batch_bytes_max": "128MiB"})
    client = daemon.connect()
    client.ping()
    before = daemon.memory_peak_bytes()
    for _ in range(50):
        begun = daemon.connect()
        begun.send(header(120 * MIB) + b'"')
        begun.wait_read()
    client.ping()
    assert daemon.memory_peak_bytes() < before + 64 * MIB


@pytest.mark.parametrize("payload, count", [(b"1", 200_000), (b'"%s"' % (b"x" * 100_000), 600)], ids=["tiny", "large"])
def test_one_pipelining_client_is_bounded(start, payload, count):
    daemon = start(SETTINGS)
    bound = growth_bound(daemon)
    client = daemon.connect(timeout=60)
    client.send_records([payload] * count)
    client.wait_ack()
    if not daemon_module.is_sanitized():
        assert daemon.memory_peak_bytes() < bound
