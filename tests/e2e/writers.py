"""Load whose fate can be checked: each writer sends records that name themselves, and knows what was acked."""

import contextlib
import random
import re
import threading

from frames import Client
from waiting import wait_until

IDENTITY = re.compile(rb'\{"writer":"([^"]+)","n":(\d+),')


class Writer(threading.Thread):
    """Keeps a window of records on its way until the connection ends, for whatever reason."""

    def __init__(self, address, name, *, window=300, large_one_in=50):
        super().__init__(daemon=True)
        self.name_bytes = name.encode()
        self.window = window
        self.large_one_in = large_one_in
        self.random = random.Random(name)
        self.client = Client(address)
        self.goodbye = None
        self.error = None

    @property
    def acked(self):
        return self.client.acked

    @property
    def sent(self):
        return self.client.sent

    def payload(self, number):
        large = self.random.randrange(self.large_one_in) == 0
        pad = self.random.randrange(100_000 if large else 200)
        return b'{"writer":"%s","n":%d,"pad":"%s"}' % (self.name_bytes, number, b"." * pad)

    def run(self):
        try:
            while not self.client.ended:
                room = self.window - (self.sent - self.acked)
                if room > self.window // 2:
                    first = self.sent + 1
                    # counted before they are sent: what the server may have seen
                    self.client.sent += room
                    from_here = [self.payload(n) for n in range(first, first + room)]
                    self.client.send(b"".join(len(p).to_bytes(4, "big") + p for p in from_here))
                self.take(self.client.receive())
            self.take_rest()
        except OSError:
            with contextlib.suppress(OSError):  # what had arrived before the connection broke
                self.take_rest()
        except Exception as error:  # handed to the test
            self.error = error
        finally:
            self.client.close()

    def take_rest(self):
        while (message := self.client.receive()) is not None:
            self.take(message)

    def take(self, message):
        if message and "goodbye" in message:
            self.goodbye = message["goodbye"]["reason"]
            self.client.ended = True
        elif message and "error" in message:
            self.goodbye = message["error"]["code"]
            self.client.ended = True


def start_writers(daemon, tag, count=4):
    writers = [Writer(daemon.address(), f"{tag}-{index}") for index in range(count)]
    for writer in writers:
        writer.start()
    return writers


def wait_for_acks(writers, total):
    """Until `total` records are acked, and at least one of each writer: none is still waiting to be accepted."""
    wait_until(lambda: (sum(writer.acked for writer in writers) >= total and all(writer.acked for writer in writers))
               or not any(writer.is_alive() for writer in writers), f"{total} acks", 60)


def join(writers):
    for writer in writers:
        writer.join()
        assert writer.error is None, f"{writer.name_bytes}: {writer.error!r}"


def check(lines, writers):
    """Every acked record is there exactly once and in order, only a tail of unacked ones may be missing, and there is
    nothing that nobody sent. Returns how many unacked records were kept."""
    stored = {}
    for line in lines:
        name, number = IDENTITY.match(line.record).groups()
        stored.setdefault(name, []).append(int(number))
    kept = 0
    for writer in writers:
        numbers = stored.pop(writer.name_bytes, [])
        assert numbers == list(range(1, len(numbers) + 1)), f"{writer.name_bytes}: a gap, a double or a wrong order"
        assert writer.acked <= len(numbers) <= writer.sent, (writer.name_bytes, writer.acked, len(numbers), writer.sent)
        kept += len(numbers) - writer.acked
    assert not stored, f"records nobody sent: {list(stored)[:5]}"
    return kept
