"""crawlspoold as the comparison sees it: under the same load and the same cuts as the others."""

import json
import struct

from daemon import Daemon
from frames import frame
from waiting import wait_until


class Crawlspool:
    title = "crawlspoold"

    def __init__(self, directory, log):
        self.daemon = Daemon(log.parent / "crawlspoold", spool_directory=directory)

    @property
    def address(self):
        return self.daemon.address()

    @property
    def process(self):
        return self.daemon.process

    def start(self):
        self.daemon.launch()
        ready = self.daemon.ready_file
        wait_until(lambda: ready.exists() or not self.daemon.running(), "crawlspoold is up", 20)
        if ready.exists():
            self.daemon.ready = json.loads(ready.read_text(encoding="utf-8"))
        return self.daemon.running()

    def kill(self):
        self.daemon.kill()

    @staticmethod
    def encode(record):
        return frame(record)

    @staticmethod
    def count_acks(data, acked):
        """The acks up to here, and the bytes of an answer not yet whole."""
        while len(data) >= 4 and len(data) >= 4 + struct.unpack_from(">I", data)[0]:
            length = struct.unpack_from(">I", data)[0]
            message, data = json.loads(data[4:4 + length]), data[4 + length:]
            if "ack" not in message:
                raise ConnectionError(message)
            acked = message["ack"]
        return acked, data

    def stored(self):
        return self.daemon.spool.records()
