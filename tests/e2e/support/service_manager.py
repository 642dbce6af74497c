"""systemd's side of a service, as far as the daemon sees it: the socket for its messages, and listening sockets that it
hands over."""

import fcntl
import json
import os
import socket

from frames import endpoint_text
from waiting import seconds, wait_until

FIRST_FD = 3  # where sd_listen_fds(3) says that they begin
OUT_OF_THE_WAY = 100
INPUTS = ("stream", "http", "lines", "redis", "datagrams", "admin")


class NotifySocket:
    """Takes in what a daemon tells by sd_notify(3); each message is a dict."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.messages = []

    def environment(self, **more):
        return {"NOTIFY_SOCKET": self.path, **more}

    def close(self):
        self.socket.close()

    def take(self):
        """All that has come so far."""
        try:
            while True:
                lines = self.socket.recv(1 << 16).decode("utf-8").split("\n")
                self.messages.append(dict(line.split("=", 1) for line in lines if line))
        except BlockingIOError:
            return self.messages

    def having(self, key, value=None):
        return [message for message in self.take() if key in message and value in (None, message[key])]

    def wait(self, key, value=None, *, count=1, timeout=10):
        """The latest of `count` messages with this key."""
        what = f"{count} messages with {key}={value or '...'}"
        return wait_until(lambda: len(found := self.having(key, value)) >= count and found, what, timeout)[-1]

    def forget(self):
        self.take()
        self.messages = []


def listening(host="127.0.0.1", *, family=socket.AF_INET, kind=socket.SOCK_STREAM, backlog=4096):
    """A socket as a socket unit has it; backlog None: it does not listen."""
    sock = socket.socket(family, kind)
    sock.bind("" if family == socket.AF_UNIX else (host, 0))
    if backlog is not None:
        sock.listen(backlog)
    return sock


def url_of(sock, name):
    """What names a socket in listen.NAME; nothing for what can have no entry there."""
    if not isinstance(sock, socket.socket) or isinstance(sock.getsockname(), bytes):  # an abstract name
        return None
    is_datagram = name == "datagrams"
    if sock.type != (socket.SOCK_DGRAM if is_datagram else socket.SOCK_STREAM):
        return None
    if sock.family == socket.AF_UNIX:
        return f"{'unix-dgram' if is_datagram else 'unix'}://{sock.getsockname()}"
    return f"{'udp' if is_datagram else 'tcp'}://{endpoint_text(sock.getsockname())}"


def entries_of(sockets):
    """The settings of listen.X in which each of these [(name, socket)] has its entry."""
    entries = {name: [url_of(sock, name) for other, sock in sockets if other == name and url_of(sock, name)]
               for name, _ in sockets if name in INPUTS}
    return {f"listen.{name}": json.dumps(urls) for name, urls in entries.items()}


def handing_over(sockets, *, names=None, env=None, settings=None):
    """Options for a Daemon that inherits these [(name, socket)], as systemd does it: from descriptor 3 on, with the
    process's own id in LISTEN_PID. Each has its entry in listen.X, unless `settings` says otherwise. The sockets stay
    open here."""
    numbers = [fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD, OUT_OF_THE_WAY) for _, sock in sockets]
    moves = " ".join(f"{FIRST_FD + index}<&{number} {number}<&-" for index, number in enumerate(numbers))
    names = ":".join(name for name, _ in sockets) if names is None else names
    return {
        "wrapper": ["/bin/bash", "-c", f'exec {moves}; LISTEN_PID=$$ exec "$0" "$@"'],
        "settings": {**entries_of(sockets), **(settings or {})},
        "pass_fds": numbers,
        "env": {"LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": names, **(env or {})},
    }


def close_all(options):
    """What handing_over() has made."""
    for number in options["pass_fds"]:
        os.close(number)


def watchdog(nominal):
    """WATCHDOG_USEC, grown like every wait of the suite."""
    return {"WATCHDOG_USEC": str(int(seconds(nominal) * 1_000_000))}
