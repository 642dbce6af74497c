"""A journal of the test's own at the place where the real one listens, in a mount namespace that only the test and its
children see. Takes entries of systemd's native protocol and keeps them as dicts."""

import os
import pathlib
import socket
import struct
import threading

import private_mounts

PLACE = pathlib.Path("/run/systemd/journal/socket")


def parse_entry(data):
    """NAME=value and a line break, or NAME, a line break, 8 bytes of length, the value and a line break."""
    fields = {}
    while data:
        head, _, rest = data.partition(b"\n")
        name, equals, value = head.partition(b"=")
        if not equals:
            (length,) = struct.unpack_from("<Q", rest)
            value, data = rest[8:8 + length], rest[9 + length:]
        else:
            data = rest
        assert name.decode() not in fields, f"{name} twice"
        fields[name.decode()] = value
    return fields


def hide_run():
    """An empty /run: no journal there."""
    private_mounts.mount("-t", "tmpfs", "none", place="/run")


def stream_of(path):
    """What systemd says in JOURNAL_STREAM of a standard error that is this file."""
    info = os.stat(path)
    return f"{info.st_dev}:{info.st_ino}"


class FakeJournal:
    """Reads what is sent to it, unless `reads` is False: then its queue fills up and senders wait."""

    def __init__(self, *, reads=True):
        hide_run()
        PLACE.parent.mkdir(parents=True)
        self.entries = []
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(PLACE))
        self.thread = threading.Thread(target=self._read)
        if reads:
            self.thread.start()

    def _read(self):
        while data := self.sock.recv(1 << 18):
            self.entries.append(parse_entry(data))

    def close(self):
        if self.thread.ident:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                last.sendto(b"", str(PLACE))
            self.thread.join()
        self.sock.close()
        private_mounts.umount("/run")

    def events(self, word):
        return [entry for entry in list(self.entries) if entry.get("CRAWLSPOOL_EVENT") == word.encode()]
