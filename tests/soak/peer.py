"""A server that takes records and acknowledges them, as the comparison sees it: started in a directory, spoken to in
its own protocol, asked afterwards what it has."""

import shutil
import signal
import socket
import subprocess

import pytest

from waiting import seconds, wait_until


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Peer:
    """Subclasses say how it is started (command), how a record is sent (encode), how answers are counted (count_acks),
    when it is ready, and what it has stored."""
    program = None
    title = None

    def __init__(self, directory, log):
        if not shutil.which(self.program):
            pytest.skip(f"{self.program} is not installed")
        self.directory = directory
        self.log = log
        self.process = None
        self.port = None

    @property
    def address(self):
        return "127.0.0.1", self.port

    def start(self):
        """Whether it came up."""
        self.port = free_port()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: self.process.poll() is not None or self.is_ready(), f"{self.program} is up", 20)
        return self.process.poll() is None

    def kill(self):
        if self.process:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(seconds(20))

    def is_ready(self):
        try:
            with socket.create_connection(self.address, timeout=1) as sock:
                return self.greets(sock)
        except OSError:
            return False
