"""The crawlspool command as tests run it: to its end, or as a reader that is watched."""

import random
import subprocess

from daemon import CRAWLSPOOL, clean_environment
from waiting import seconds


def run(*arguments, stdin=b"", timeout=30, env=None):
    return subprocess.run([CRAWLSPOOL, *map(str, arguments)], input=stdin, capture_output=True, check=False,
                          timeout=seconds(timeout), env=clean_environment(env))


def server(daemon):
    return "tcp://%s:%d" % daemon.address()


def send(daemon, *files, stdin=b""):
    return run("send", "--server", server(daemon), *files, stdin=stdin)


def numbered(begin, end, pad=60):
    """Records that tell their number, with some text that does not pack well."""
    return [b'{"n":%d,"pad":"%s"}' % (n, random.Random(n).randbytes(pad // 2).hex().encode())
            for n in range(begin, end)]


def send_records(daemon, records, *, at_once=500):
    """In pieces, so that segments are not much longer than they should be."""
    for begin in range(0, len(records), at_once):
        result = send(daemon, "-", stdin=b"\n".join(records[begin:begin + at_once]) + b"\n")
        assert result.returncode == 0, result.stderr


def restart(daemon):
    """A clean stop leaves the second snapshot, which retention waits for."""
    assert daemon.terminate() == 0
    daemon.start()


class Reader:
    """A command whose standard output goes to a file, until it is stopped."""

    def __init__(self, output, *arguments):
        self.output = output
        with open(output, "ab") as out:
            self.process = subprocess.Popen([CRAWLSPOOL, *map(str, arguments)], stdout=out, stderr=subprocess.PIPE,
                                            env=clean_environment())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def lines(self):
        """Whole ones."""
        return self.output.read_bytes().split(b"\n")[:-1]

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def terminate(self):
        self.process.terminate()
        _, stderr = self.process.communicate(timeout=seconds(20))
        assert b"anitizer" not in stderr, stderr
        return self.process.returncode
