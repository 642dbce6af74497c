"""A Redis client of a few lines: commands as arrays of bulk strings, replies as Python's values; an error is a RespError."""

import socket

from waiting import seconds


class RespError(Exception):
    pass


def command(*parts):
    encoded = [part if isinstance(part, bytes) else str(part).encode() for part in parts]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in encoded)


class Resp:
    def __init__(self, address, timeout=20):
        self.sock = socket.create_connection(address, seconds(timeout))
        self.file = self.sock.makefile("rb")

    def close(self):
        self.file.close()
        self.sock.close()

    def send(self, *parts):
        self.sock.sendall(command(*parts))

    def call(self, *parts):
        """The reply, which may be a RespError."""
        self.send(*parts)
        return self.reply()

    def reply(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError("the connection has ended")
        sign, text = line[:1], line[1:-2]
        if sign == b"-":
            return RespError(text.decode())
        if sign == b":":
            return int(text)
        if sign == b"$":
            return None if text == b"-1" else self.file.read(int(text) + 2)[:-2]
        if sign in b"*%":
            return [self.reply() for _ in range(int(text) * (2 if sign == b"%" else 1))]
        return None if sign == b"_" else text.decode()

    def is_at_end(self):
        """Nothing comes any more, and the server has ended."""
        return self.file.read(1) == b""
