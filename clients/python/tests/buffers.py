"""Buffer directories for tests."""

import os

from crawlspool.buffer import Buffer, Identity
from crawlspool.leftovers import Leftovers

WHO = Identity("worker-7", None)


def create(directory, bytes_max=1 << 20, sync=False):
    return Buffer.create(directory, WHO, bytes_max, sync)


def reopen(buffer, bytes_max=1 << 20):
    """As a process finds it that comes after one that was killed."""
    buffer.release()
    return Buffer.open(buffer.path, bytes_max, False)


def open_buffers(directory):
    """As a client does that starts: the buffer to write to, and what else was left there."""
    leftovers = Leftovers(directory, 1 << 20, False)
    own = leftovers.open_own(WHO)
    leftovers.take()
    return own, leftovers.held()


def read_all(buffer):
    found = []
    while (entry := buffer.records.read()) is not None:
        found.append(entry)
    return found


def only_directory(directory):
    (path,) = directory.glob("*.buffer")
    return path


def half_written(code):
    """What os.write() does on a disk that takes the beginning of what is larger, and then fails so."""
    write = os.write

    def half(descriptor, data):
        if len(data) > 20:
            write(descriptor, data[:20])
            raise OSError(code, os.strerror(code))
        return write(descriptor, data)
    return half
