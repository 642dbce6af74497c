"""The listeners of datagrams: their settings, unix sockets, those that a service manager holds, and a HUP."""

import json
import os
import pathlib
import signal
import socket
import stat

import pytest
from daemon import Daemon, run_daemon
from datagrams import count, listen, send, sender, stored
from frames import endpoint_text
from reloading import ConfigFile, hup
from service_manager import close_all, handing_over, listening

SO_SNDBUFFORCE = 32

WRONG = {
    "udp://127.0.0.1:0?bufer=4MiB": "has an unknown setting 'bufer' (did you mean buffer?)",
    "udp://127.0.0.1:0?buffer=4": "has '4' for buffer, which must be a size from 4KiB to 1GiB",
    "udp://127.0.0.1:0?allow_from=10.0.0.1/8": "for allow_from, which must be addresses or blocks of them",
    "udp://127.0.0.1:0?allow_from=": "for allow_from, which must be",
    "udp://127.0.0.1:0?ack=yes": "has ack=yes without allow_from",
    "udp://127.0.0.1:0?ack=maybe": "for ack, which must be yes or no",
    "udp://127.0.0.1:0?mode=0600": "has an unknown setting 'mode' (did you mean",
    "unix-dgram:///run/d.sock?allow_from=127.0.0.1": "has an unknown setting 'allow_from'",
    "udp://localhost:8945": "needs an IPv4 address or an IPv6 address in brackets",
    "tcp://127.0.0.1:8945": "carries no datagrams, and listen.datagrams takes udp:// or unix-dgram://",
    "upd://127.0.0.1:8945": "is not of the form",
    "udp://127.0.0.1:0?charset=gb1803": "(did you mean gb18030?)",
}


@pytest.mark.parametrize("url", WRONG)
def test_a_wrong_entry_is_named_with_what_it_must_be(url, tmp_path):
    file = tmp_path / "crawlspoold.yaml"
    file.write_text(f"listen:\n  datagrams:\n    - '{url}'\n", encoding="utf-8")
    result = run_daemon("--check", "-c", str(file))
    assert result.returncode == 78
    assert WRONG[url] in result.stderr and "listen.datagrams" in result.stderr and f"{file}:2: " in result.stderr, result.stderr


def test_datagrams_are_not_for_inputs_with_connections():
    result = run_daemon("--check", "--set", 'listen.lines=["udp://127.0.0.1:1"]')
    assert result.returncode == 78 and "listen.lines takes tcp://, tls:// or unix://" in result.stderr


def test_udp_and_tcp_may_have_one_port_and_two_of_udp_may_not():
    one = 'listen.datagrams=["udp://127.0.0.1:8943"]'
    assert run_daemon("--check", "--set", one, "--set", 'listen.lines=["tcp://127.0.0.1:8943"]').returncode == 0
    twice = run_daemon("--check", "--set", 'listen.datagrams=["udp://127.0.0.1:8943","udp://127.0.0.1:8943"]')
    assert twice.returncode == 78 and "is already in" in twice.stderr


def test_it_may_be_the_only_input_and_is_off_by_default(start):
    daemon = start()
    assert daemon.ready["datagrams"] == []
    assert daemon.terminate() == 0
    daemon = start({**listen("udp://127.0.0.1:0"), "listen.stream": "[]", "listen.http": "[]"})
    assert daemon.status()["listen"]["datagrams"] == ["udp://" + daemon.ready["datagrams"][0]]
    send(daemon, b"1")
    stored(daemon, 1)


def test_a_port_in_use_ends_the_start(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        daemon = Daemon(tmp_path / "daemon", listen("udp://" + endpoint_text(taken.getsockname()))).launch()
        assert daemon.wait_exit() == 74
    assert "Address already in use" in daemon.events("start_failed")[0]["detail"]


def test_a_buffer_beyond_the_kernels_limit_is_warned_of(start):
    rmem_max = int(pathlib.Path("/proc/sys/net/core/rmem_max").read_text(encoding="ascii"))
    daemon = start(listen("udp://127.0.0.1:0?buffer=1GiB", "udp://127.0.0.1:0?buffer=64KiB"))
    daemon.wait_event("started")  # logged behind the words of every port
    (warned,) = daemon.events("datagram_buffer")
    assert (int(warned["wanted"]), int(warned["bytes"])) == (1024 ** 3, rmem_max)
    assert "net.core.rmem_max" in warned["detail"]


def test_a_hup_leaves_the_listener_as_it_is_and_says_so(start, tmp_path):
    file = ConfigFile(tmp_path / "config.yaml", {"listen.datagrams": '["udp://127.0.0.1:0"]'})
    daemon = start(args=file.args)
    with sender(daemon) as sock:
        sock.send(b"1")
        stored(daemon, 1)
        file.write({"listen.datagrams": '["udp://127.0.0.1:0?stream=other"]'})
        assert hup(daemon)["ok"]
        daemon.wait_event("reload_needs_restart", key="listen.datagrams")
        sock.send(b"2")
    assert [line.stream for line in stored(daemon, 2)] == [None, None]
    file.write({"limits.record_bytes_max": "1KiB", "listen.datagrams": '["udp://127.0.0.1:0"]'})
    assert hup(daemon)["ok"]
    send(daemon, b'"' + b"x" * 2000 + b'"', b"3")
    assert stored(daemon, 3)[2].record == b"3"


# ---- unix sockets ----

@pytest.fixture
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("s") / "datagrams.sock"


def send_to(path, *datagrams, own=None):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    if own:
        sock.bind(str(own))
    sock.settimeout(10)
    sock.connect(str(path))
    for datagram in datagrams:
        sock.send(datagram)
    return sock


def test_a_unix_socket_takes_datagrams_and_the_peer_is_its_user(start, path):
    daemon = start(listen(f"unix-dgram://{path}?mode=0622&stream=local"))
    assert daemon.ready["datagrams"] == [f"unix-dgram://{path}"]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o622
    send_to(path, *(b"%d" % number for number in range(500))).close()  # more than the kernel queues: the sender waits
    lines = stored(daemon, 500)
    assert [line.record for line in lines] == [b"%d" % number for number in range(500)]
    assert {(line.peer, line.stream) for line in lines} == {(f"unix:uid={os.getuid()}", "local")}
    assert daemon.terminate() == 0
    assert not path.exists()


def test_a_large_one_is_taken_and_a_larger_one_rejected(start, path):
    daemon = start(listen(f"unix-dgram://{path}"))
    record = b'"' + b"x" * 150_000 + b'"'
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE if os.getuid() == 0 else socket.SO_SNDBUF, 1_000_000)
    with sock:
        sock.sendto(record, str(path))
        try:
            sock.sendto(b'"' + b"x" * 300_000 + b'"', str(path))
        except OSError:
            pytest.skip("the kernel lets nobody here send so much")
        sock.sendto(b"1", str(path))
    assert [line.record for line in stored(daemon, 2)] == [record, b"1"]
    assert "more than 262144 bytes" in daemon.spool.rejected()[0]["detail"]


def test_a_sender_with_a_name_is_acked(start, path, tmp_path_factory):
    daemon = start(listen(f"unix-dgram://{path}?ack=yes"))
    send_to(path, b'"' + b"y" * 80 + b'"').close()  # has no name to be answered at
    with send_to(path, b'"' + b"x" * 80 + b'"', own=tmp_path_factory.mktemp("o") / "own.sock") as sock:
        assert "ack" in json.loads(sock.recv(100))
    assert len(stored(daemon, 2)) == 2


def test_a_stale_file_is_replaced_and_a_living_owner_is_not(start, path, tmp_path):
    daemon = start(listen(f"unix-dgram://{path}"))
    second = Daemon(tmp_path / "second", listen(f"unix-dgram://{path}")).launch()
    assert second.wait_exit() == 74
    assert "listens there already" in second.events("start_failed")[0]["detail"]
    daemon.kill()
    assert path.exists()
    daemon.start()
    send_to(path, b"1").close()
    stored(daemon, 1)


def test_a_sender_at_a_stop_is_told(start, path):
    daemon = start(listen(f"unix-dgram://{path}"))
    with send_to(path, b"1") as sock:
        assert daemon.terminate() == 0
        with pytest.raises(OSError):
            sock.send(b"2")
    assert len(daemon.spool.lines()) == 1


# ---- sockets of a service manager ----

def test_an_inherited_socket_is_served_and_what_comes_between_waits(start):
    with listening(kind=socket.SOCK_DGRAM, backlog=None) as sock:
        options = handing_over([("datagrams", sock)],
                               settings=listen("udp://" + endpoint_text(sock.getsockname()) + "?stream=held"))
        daemon = start(**options)
        assert daemon.ready["datagrams"] == [endpoint_text(sock.getsockname())]
        send(daemon, b"1")
        stored(daemon, 1)
        daemon.signal(signal.SIGSTOP)
        send(daemon, *(b"%d" % number for number in range(2, 52)))
        daemon.signal(signal.SIGTERM)
        daemon.signal(signal.SIGCONT)
        assert daemon.wait_exit() == 0
        send(daemon, b"52")
        daemon.start()
        lines = stored(daemon, 52)
        close_all(options)
    assert [line.record for line in lines] == [b"%d" % number for number in range(1, 53)]
    assert {line.stream for line in lines} == {"held"}


def test_drops_before_the_start_are_not_counted(start):
    with listening(kind=socket.SOCK_DGRAM, backlog=None) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as early:
            for _ in range(200):
                early.sendto(b"1", sock.getsockname())
        admin = listening()
        options = handing_over([("datagrams", sock), ("admin", admin)])
        daemon = start(**options)
        stored(daemon, 1)
        assert count(daemon, "dropped") == 0
        close_all(options)


@pytest.mark.parametrize("name, make, words", [
    ("datagrams", listening, "its unit needs ListenDatagram="),
    ("datagrams", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET), "its unit needs ListenDatagram="),
    ("stream", lambda: listening(kind=socket.SOCK_DGRAM, backlog=None), "its unit needs ListenStream="),
])
def test_an_inherited_socket_of_the_wrong_type_is_named(tmp_path, name, make, words):
    with make() as sock:
        options = handing_over([(name, sock)])
        daemon = Daemon(tmp_path / "daemon", **options).launch()
        assert daemon.wait_exit() == 78
        assert words in daemon.events("start_failed")[0]["detail"]
        close_all(options)
