"""beanstalkd with a binlog that it syncs at every write; a record is a job."""

import socket

from peer import Peer


class Beanstalk(Peer):
    program = "beanstalkd"
    title = "beanstalkd -b DIR -f 0"

    def command(self):
        return [self.program, "-l", "127.0.0.1", "-p", str(self.port), "-b", str(self.directory), "-f", "0"]

    def greets(self, sock):
        sock.sendall(b"list-tube-used\r\n")
        return sock.recv(100).startswith(b"USING")

    @staticmethod
    def encode(record):
        return b"put 0 0 60 %d\r\n%s\r\n" % (len(record), record)

    @staticmethod
    def count_acks(data, acked):
        """The acks up to here, and the bytes of an answer not yet whole."""
        *answers, rest = data.split(b"\r\n")
        for answer in answers:
            if not answer.startswith(b"INSERTED"):
                raise ConnectionError(answer)
        return acked + len(answers), rest

    def stored(self):
        """Takes every job out of it."""
        jobs = []
        with socket.create_connection(self.address, timeout=20) as sock, sock.makefile("rb") as answer:
            while True:
                sock.sendall(b"reserve-with-timeout 0\r\n")
                head = answer.readline().split()
                if head[0] != b"RESERVED":
                    assert head[0] == b"TIMED_OUT", head
                    return jobs
                jobs.append(answer.read(int(head[2]) + 2)[:-2])
