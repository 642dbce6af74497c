"""The real daemon as a test uses it: started on free ports, waited for by its ready file, its log read as events,
ended by a signal. All it knows of the daemon is its command line."""

import json
import os
import pathlib
import re
import resource
import signal
import subprocess

import spool
import web
from frames import Client
from waiting import seconds, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[3]
CRAWLSPOOLD = os.environ.get("CRAWLSPOOLD", str(ROOT / "build/release/bin/crawlspoold"))
CRAWLSPOOL = os.environ.get("CRAWLSPOOL", str(ROOT / "build/release/bin/crawlspool"))

SANITIZER_REPORT = re.compile(r"(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:).*")
LOGFMT_PAIR = re.compile(r'([A-Za-z0-9_]+)=("(?:[^"\\]|\\.)*"|[^ "]*)(?: |$)')


def parse_logfmt(line):
    """`ts=… level=… event=… key=value` as a dict; fails where a byte of the line is left over."""
    fields = {}
    position = 0
    while position < len(line):
        pair = LOGFMT_PAIR.match(line, position)
        assert pair, f"not logfmt from {position}: {line!r}"
        key, value = pair.groups()
        fields[key] = json.loads(value) if value.startswith('"') else value
        position = pair.end()
    return fields


def parse_address(text):
    if text.startswith("unix://"):
        return text.removeprefix("unix://")
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def is_sanitized():
    binary = pathlib.Path(CRAWLSPOOLD).read_bytes()
    return b"__asan_init" in binary or b"__tsan_init" in binary


def is_alive(pid):
    """Whether any of its threads is: the first may be gone while another still ends what it was writing."""
    try:
        return any(stat.read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] not in "ZX"
                   for stat in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"))
    except (FileNotFoundError, ProcessLookupError):
        return True  # it is just going


def clean_environment(extra=None):
    managed = {"JOURNAL_STREAM", "NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}
    kept = {name: value for name, value in os.environ.items() if name not in managed}
    return {**kept, **(extra or {})}


class Daemon:
    """`home` gets the spool, the ready file and the log; a second start() in the same home is a restart. `without`: keys left to
    a configuration file."""

    def __init__(self, home, settings=None, *, ipv6=False, wrapper=(), args=(), env=None, pass_fds=(), spool_directory=None,
                 without=()):
        self.home = pathlib.Path(home)
        self.home.mkdir(parents=True, exist_ok=True)
        self.ready_file = self.home / "ready.json"
        self.log_file = self.home / "stderr.log"
        self.wrapper = list(wrapper)
        self.args = list(args)
        self.env = env
        self.pass_fds = tuple(pass_fds)
        both = '["tcp://127.0.0.1:0","tcp://[::1]:0"]' if ipv6 else '["tcp://127.0.0.1:0"]'
        self.settings = {
            "listen.stream": both,
            "listen.http": '["tcp://127.0.0.1:0"]',
            "listen.admin": '["tcp://127.0.0.1:0"]',
            "spool.directory": str(spool_directory or self.home / "spool"),
            "spool.keep_free_bytes": "0",
            "spool.compression": "none",
            **(settings or {}),
        }
        for key in without:
            del self.settings[key]
        self.spool = spool.Spool(self.settings["spool.directory"])
        self.process = None
        self.ready = None
        self.clients = []
        self.log_start = 0

    # Life

    def command(self):
        options = [part for key, value in self.settings.items() for part in ("--set", f"{key}={value}")]
        return [*self.wrapper, CRAWLSPOOLD, *options, "--ready-file", str(self.ready_file), *self.args]

    def launch(self):
        self.ready_file.unlink(missing_ok=True)
        self.ready = None
        self.log_start = self.log_file.stat().st_size if self.log_file.exists() else 0
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=clean_environment(self.env), pass_fds=self.pass_fds)
        return self

    def start(self):
        self.launch()
        try:
            wait_until(lambda: self.ready_file.exists() or not self.running(), "the daemon is ready", 20)
        except AssertionError:
            self.kill()
            raise
        assert self.running(), f"ended with {self.process.returncode} at the start:\n{self.log()}"
        self.ready = json.loads(self.ready_file.read_text(encoding="utf-8"))
        return self

    @property
    def pid(self):
        return self.ready["pid"]

    def running(self):
        return self.process is not None and self.process.poll() is None

    def wait_exit(self, timeout=20):
        return self.process.wait(seconds(timeout))

    def signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        """SIGKILL, also to what a wrapper has started."""
        if not self.running():
            return
        if self.wrapper:
            path = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            children = [int(child) for child in path.read_text(encoding="ascii").split()]
            for child in children:
                os.kill(child, signal.SIGKILL)
            wait_until(lambda: not any(map(is_alive, children)), "what the wrapper started is gone")
        self.process.kill()
        self.wait_exit()

    def terminate(self):
        """A clean stop; the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait_exit()

    def finish(self):
        """The end of a test: whatever still runs must stop cleanly, and no sanitizer may have spoken."""
        for client in self.clients:
            client.close()
        try:
            if self.running() and self.ready:
                code = self.terminate()
                assert code == 0, f"exit code {code} after SIGTERM:\n{self.log()[-4000:]}"
        finally:
            self.kill()
        report = SANITIZER_REPORT.search(self.log_file.read_text(encoding="utf-8", errors="replace"))
        assert not report, report and report[0]

    # Its addresses, and what speaks to them

    def address(self, kind="stream", index=0):
        return parse_address(self.ready[kind][index])

    def connect(self, *, index=0, **options):
        client = Client(self.address("stream", index), **options)
        self.clients.append(client)
        return client

    def connect_raw(self, kind, request):
        """Sends this to an HTTP listener and reads whatever comes until the end, or an answer."""
        with web.Web(self.address(kind)) as connection:
            try:
                connection.send(request)
                return connection.response()
            except (EOFError, ConnectionError):
                return None

    def web(self, **options):
        return web.Web(self.address("http"), **options)

    def post(self, body, content_type="application/json", **headers):
        return web.post(self.address("http"), body, content_type, **headers)

    def admin(self, target, **more):
        return web.get(self.address("admin"), target, **more)

    def status(self):
        response = self.admin("/status")
        assert response.status == 200, response
        return response.json()

    # What it leaves behind

    def log(self):
        """What this start has written so far."""
        with open(self.log_file, "rb") as log:
            log.seek(self.log_start)
            return log.read().decode("utf-8", "replace")

    def events(self, word=None, **fields):
        found = []
        for line in self.log().split("\n")[:-1]:
            if not line.startswith("ts="):
                continue
            event = parse_logfmt(line)
            if word in (None, event["event"]) and all(event.get(key) == value for key, value in fields.items()):
                found.append(event)
        return found

    def wait_event(self, word, **fields):
        return wait_until(lambda: self.events(word, **fields), f"log event {word} {fields}")[0]

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_peak_bytes(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024

    def limit_descriptors(self, spare):
        """Leaves room for only so many more open files than there are now."""
        highest = max(int(name) for name in os.listdir(f"/proc/{self.pid}/fd"))
        _, hard = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (highest + 1 + spare, hard))


def run_daemon(*args, timeout=20):
    """The daemon's command line, run to its end."""
    return subprocess.run([CRAWLSPOOLD, *args], capture_output=True, text=True, check=False, timeout=seconds(timeout),
                          stdin=subprocess.DEVNULL, env=clean_environment())
