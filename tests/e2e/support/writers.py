"""Load whose fate can be checked: threads that keep sending until their connection ends, for whatever reason. What
each sent and what was acked is in its ledger."""

import contextlib
import itertools
import threading

from frames import Client, frames
from ledger import Ledger, Shape
from waiting import wait_until
from web import Web

serial = itertools.count(1)


class Writer(threading.Thread):
    """Keeps a window of records on its way on one stream connection."""

    def __init__(self, address, name, *, window=300, shape=Shape(bad_one_in=97)):
        super().__init__(daemon=True)
        self.ledger = Ledger(name, shape=shape)
        self.window = window
        self.client = Client(address)
        self.ledger.peer = self.client.name
        self.goodbye = None
        self.told = set()
        self.error = None

    @property
    def acked(self):
        return self.ledger.acked

    @property
    def sent(self):
        return self.ledger.sent

    def run(self):
        try:
            while not self.client.ended:
                room = self.window - (self.sent - self.acked)
                if room > self.window // 2:
                    self.client.send(frames(self.ledger.take(room)))
                self.take(self.client.receive())
            self.take_rest()
        except OSError:
            with contextlib.suppress(OSError):  # what had arrived before the connection broke
                self.take_rest()
        except Exception as error:  # handed to the test
            self.error = error
        finally:
            self.ledger.acked = self.client.acked
            self.client.close()

    def take_rest(self):
        while (message := self.client.receive()) is not None:
            self.take(message)

    def take(self, message):
        self.ledger.acked = self.client.acked
        self.told.update(message or ())
        if message and "goodbye" in message:
            self.goodbye = message["goodbye"]["reason"]
            self.client.ended = True
        elif message and "error" in message:
            self.goodbye = message["error"]["code"]
            self.client.ended = True


class HttpWriter(threading.Thread):
    """Posts batches over one HTTP connection, one after the other; anything but a 200 is its end."""

    def __init__(self, address, name, *, batch=20, shape=Shape(bad_one_in=97)):
        super().__init__(daemon=True)
        self.ledger = Ledger(name, via="http", shape=shape)
        self.batch = batch
        self.web = Web(address)
        self.ledger.peer = self.web.name
        self.answer = None
        self.error = None

    @property
    def acked(self):
        return self.ledger.acked

    def run(self):
        try:
            while self.post() == 200:
                pass
        except (OSError, EOFError):
            pass
        except Exception as error:  # handed to the test
            self.error = error
        finally:
            self.web.sock.close()

    def post(self):
        first = self.ledger.sent + 1
        body = b"\n".join(self.ledger.take(self.batch))
        bad = sum(self.ledger.is_bad(number) for number in range(first, first + self.batch))
        self.answer = self.web.post(body, "application/x-ndjson")
        if self.answer.status == 200:
            result = self.answer.json()
            assert (result["accepted"], len(result["rejected"])) == (self.batch - bad, bad), result
            self.ledger.acked = self.ledger.sent
        return self.answer.status


def start_writers(daemon, tag, count=4, *, http=0, **options):
    """`count` stream writers and `http` HTTP writers. No two writers of a process have one name."""
    writers = [Writer(daemon.address(), f"{tag}-{next(serial)}", **options) for _ in range(count)]
    writers += [HttpWriter(daemon.address("http"), f"{tag}-http-{next(serial)}", **options) for _ in range(http)]
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
        assert writer.error is None, f"{writer.ledger.name}: {writer.error!r}"


def ledgers(writers):
    return [writer.ledger for writer in writers]
