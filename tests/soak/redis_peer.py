"""redis-server with an append-only file; a record is an RPUSH onto one list."""

import socket

from peer import Peer


def command(*parts):
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def read_list(sock):
    """The answer to LRANGE."""
    with sock.makefile("rb") as answer:
        head = answer.readline()
        assert head.startswith(b"*"), head
        items = []
        for _ in range(int(head[1:])):
            length = int(answer.readline()[1:])
            items.append(answer.read(length + 2)[:-2])
        return items


class RedisAlways(Peer):
    program = "redis-server"
    title = "redis-server, appendfsync always"
    appendfsync = "always"

    def command(self):
        return [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.directory),
                "--save", "", "--appendonly", "yes", "--appendfsync", self.appendfsync, "--daemonize", "no"]

    def greets(self, sock):
        sock.sendall(command(b"PING"))
        return sock.recv(100).startswith(b"+PONG")

    @staticmethod
    def encode(record):
        return command(b"RPUSH", b"records", record)

    @staticmethod
    def count_acks(data, acked):
        """The acks up to here, and the bytes of an answer not yet whole."""
        *answers, rest = data.split(b"\r\n")
        for answer in answers:
            if not answer.startswith(b":"):
                raise ConnectionError(answer)
        return acked + len(answers), rest

    def stored(self):
        with socket.create_connection(self.address, timeout=20) as sock:
            sock.sendall(command(b"LRANGE", b"records", b"0", b"-1"))
            return read_list(sock)


class RedisEverySecond(RedisAlways):
    title = "redis-server, appendfsync everysec"
    appendfsync = "everysec"
