"""Socket activation: the daemon serves listening sockets that it inherits, and leaves them as they are when it goes."""

import contextlib
import json
import os
import socket

import pytest

from daemon import Daemon, parse_address
from frames import Client, endpoint_text
from service_manager import close_all, handing_over, listening
from waiting import wait_until


@pytest.fixture
def hand_over():
    """Options for a Daemon that inherits these sockets; what it takes is given back at the end."""
    made = []

    def make(sockets, **options):
        made.append((sockets, handing_over(sockets, **options)))
        return made[-1][1]

    yield make
    for sockets, options in made:
        close_all(options)
        for _, sock in sockets:
            sock.close()


def fails(tmp_path, options):
    """Its exit code, and what the log says."""
    daemon = Daemon(tmp_path / "daemon", **options).launch()
    try:
        return daemon.wait_exit(), daemon.events("start_failed")[0]["detail"]
    finally:
        daemon.kill()


def test_the_inherited_sockets_take_the_place_of_listen(start, hand_over):
    sockets = {name: listening() for name in ("stream", "http", "admin")}
    daemon = start(**hand_over(list(sockets.items())))
    for name, sock in sockets.items():
        assert daemon.ready[name] == [endpoint_text(sock.getsockname())]
        daemon.wait_event("listening", inherited="true", address=daemon.ready[name][0])
    with daemon.connect() as client:
        client.send_record(b"1")
        client.wait_ack()
    assert daemon.post(b"2").status == 200
    assert daemon.status()["records"] == 2


def test_a_unix_socket_is_served_and_its_file_is_the_managers(start, hand_over, tmp_path_factory):
    path = tmp_path_factory.mktemp("s") / "stream.sock"
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    sock.listen()
    daemon = start(**hand_over([("stream", sock)]))
    assert daemon.ready["stream"] == [f"unix://{path}"]
    with Client(str(path)) as client:
        client.send_record(b"1")
        client.wait_ack()
    assert daemon.terminate() == 0
    assert path.exists()


def test_the_entry_with_its_address_says_what_a_socket_is(start, hand_over):
    sock = listening()
    url = f"tcp://{endpoint_text(sock.getsockname())}?stream=raw&client=syslog"
    daemon = start(**hand_over([("lines", sock)], settings={"listen.lines": json.dumps(["tcp://127.0.0.1:1", url])}))
    with socket.create_connection(sock.getsockname()) as client:
        client.sendall(b"1\n")
    line = wait_until(lambda: daemon.spool.lines(live=True), "it is stored")[0]
    assert (line.stream, line.client) == ("raw", "syslog")


@pytest.mark.parametrize("entries", [[], ["tcp://127.0.0.1:1"], ["tcp://127.0.0.1:0"]])
def test_a_socket_without_its_entry_is_named_with_what_to_write(tmp_path, hand_over, entries):
    sock = listening()
    at = endpoint_text(sock.getsockname())
    code, detail = fails(tmp_path, hand_over([("http", sock)], settings={"listen.http": json.dumps(entries)}))
    assert code == 78
    assert detail == (f'inherited descriptor 3 ("http") is a socket at {at}, which no entry of listen.http names: add '
                      f'"tcp://{at}" to listen.http, or tls:// in place of tcp://, with the settings that it is to have')
    assert not (tmp_path / "daemon" / "spool").exists(), "the spool was opened before"


def test_an_entry_without_its_socket_is_warned_of(start, hand_over):
    daemon = start(**hand_over([("stream", listening())], settings={"listen.lines": '["tcp://127.0.0.1:1"]'}))
    daemon.wait_event("not_inherited", port="lines", address="127.0.0.1:1")
    assert not daemon.ready["lines"] and not daemon.events("not_inherited", port="stream")


def test_an_entry_of_another_input_is_none(tmp_path, hand_over):
    sock = listening()
    entries = {"listen.lines": "[]", "listen.redis": json.dumps([f"tcp://{endpoint_text(sock.getsockname())}"])}
    code, detail = fails(tmp_path, hand_over([("lines", sock)], settings=entries))
    assert code == 78 and "which no entry of listen.lines names" in detail


def test_a_unix_socket_without_its_entry_is_named(tmp_path, hand_over, tmp_path_factory):
    path = tmp_path_factory.mktemp("s") / "lines.sock"
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    sock.listen()
    code, detail = fails(tmp_path, hand_over([("lines", sock)], settings={"listen.lines": "[]"}))
    assert code == 78 and f'add "unix://{path}" to listen.lines, with the settings' in detail


def test_there_may_be_several_of_one_name_and_ipv6(start, hand_over, ipv6):
    sockets = [("stream", listening()), ("stream", listening("::1", family=socket.AF_INET6))]
    daemon = start(**hand_over(sockets))
    assert len(daemon.ready["stream"]) == 2 and not daemon.ready["http"] and not daemon.ready["admin"]
    for index in range(2):
        client = daemon.connect(index=index)
        client.send_record(b"1")
        client.wait_ack()
        client.close()
    assert {line.peer[0] for line in daemon.spool.lines()} == {"1", "["}


def test_a_stop_leaves_the_socket_to_whoever_comes_next(start, hand_over):
    sock = listening()
    options = hand_over([("stream", sock)])
    daemon = start(**options)
    daemon.connect().ping()
    assert daemon.terminate() == 0
    waiting = Client(sock.getsockname())  # is not refused
    waiting.send_record(b"1")
    daemon.start()
    waiting.wait_ack()
    waiting.close()


def test_a_public_inherited_socket_is_warned_of(start, hand_over):
    daemon = start(**hand_over([("stream", listening("0.0.0.0"))]))
    daemon.wait_event("public_bind", port="stream")


def test_sockets_for_another_process_are_left_alone(start, hand_over):
    options = hand_over([("stream", listening())], settings={"listen.stream": '["tcp://127.0.0.1:0"]'})
    options["wrapper"][2] = options["wrapper"][2].replace("$$", "1")
    daemon = start(**options)
    daemon.wait_event("started")  # logged behind the words of every port
    assert daemon.events("listening", inherited="false") and not daemon.events("listening", inherited="true")


WRONG = {
    "unknown name": (lambda: ("strem", listening()), 'inherited descriptor 3 ("strem") has the name of no input'),
    "no name": (lambda: ("unknown", listening()), "FileDescriptorName= must be stream, http"),
    "hostile name": (lambda: ("a\x1b[31m", listening()), 'inherited descriptor 3 ("'),
    "does not listen": (lambda: ("stream", listening(backlog=None)), "does not listen: its unit needs Accept=no"),
    "datagrams": (lambda: ("http", listening(kind=socket.SOCK_DGRAM, backlog=None)), "is no stream socket"),
    "packets": (lambda: ("admin", listening(family=socket.AF_UNIX, kind=socket.SOCK_SEQPACKET)), "is no stream socket"),
    "abstract": (lambda: ("stream", listening(family=socket.AF_UNIX)), "has an abstract name, which anyone could connect to"),
    "a file": (lambda: ("stream", open(os.devnull, "rb")), "is no socket"),
    "no records": (lambda: ("admin", listening()), "none of the inherited sockets is named stream"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_served_is_named(tmp_path, hand_over, case):
    make, words = WRONG[case]
    code, detail = fails(tmp_path, hand_over([make()]))
    assert code == 78
    assert words in detail and detail.isprintable(), detail


@pytest.mark.parametrize("environment", [{"LISTEN_FDS": "many"}, {"LISTEN_FDNAMES": "a:b:c"}])
def test_an_environment_that_does_not_fit_is_named(tmp_path, hand_over, environment):
    code, detail = fails(tmp_path, hand_over([("stream", listening())], env=environment))
    assert code == 78 and "LISTEN_FDS" in detail


def test_the_kernel_keeps_connections_for_the_next_start(start, hand_over):
    """Also many, and such that nobody accepts for a while."""
    sock = listening()
    options = hand_over([("stream", sock)])
    daemon = start(**options)
    daemon.terminate()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(sock.getsockname(), timeout=30)) for _ in range(200)]
        for client in clients:
            client.send_record(b"1")
        daemon.start()
        assert all(client.wait_ack() == 1 for client in clients)
    assert parse_address(daemon.ready["stream"][0]) == sock.getsockname()
