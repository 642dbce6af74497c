"""Buffer directories for tests."""

from crawlspool.buffer import Buffer, Identity

WHO = Identity("worker-7", None)


def create(directory, bytes_max=1 << 20, sync=False):
    return Buffer.create(directory, WHO, bytes_max, sync)


def reopen(buffer, bytes_max=1 << 20):
    """As a process finds it that comes after one that was killed."""
    buffer.release()
    return Buffer.open(buffer.path, bytes_max, False)


def read_all(buffer):
    found = []
    while (entry := buffer.records.read()) is not None:
        found.append(entry)
    return found


def only_directory(directory):
    (path,) = directory.glob("*.buffer")
    return path
