"""`crawlspool send` as tests run it while something else happens, and what it left in the spool."""

import json
import subprocess

from command import run, server
from daemon import CRAWLSPOOL, clean_environment
from waiting import seconds


def lasting(daemon):
    """From its next start on it listens on the port that it has now."""
    daemon.settings["listen.stream"] = '["%s"]' % server(daemon)
    return daemon


def ndjson(path, records):
    path.write_bytes(b"".join(record + b"\n" for record in records))
    return path


def lines(daemon):
    """The spool's lines as dicts."""
    result = run("cat", "--spool", daemon.spool.directory)
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def start_send(daemon, *arguments, stdin=subprocess.DEVNULL, wrapper=(), env=None):
    return subprocess.Popen([*wrapper, CRAWLSPOOL, "send", "--server", server(daemon), *map(str, arguments)],
                            stdin=stdin, stderr=subprocess.PIPE, env=clean_environment(env))


def finish(process):
    _, stderr = process.communicate(timeout=seconds(60))
    assert b"anitizer" not in stderr, stderr
    return process.returncode, stderr
