"""What lies in a buffer directory when a client starts: hundreds of leftovers, and what is none."""

import os
import resource

import crawlspool
import pytest
from buffers import create, only_directory, open_buffers
from crawlspool import leftovers
from crawlspool.buffer import Buffer, Identity
from records import dead_address, numbered


def leave(directory, count, who="worker-%d"):
    for part in range(count):
        buffer = Buffer.create(directory, Identity(who.replace("%d", str(part)), None), 1 << 20, False)
        buffer.append(b"%d" % part, False)
        buffer.release()


@pytest.mark.parametrize("who", ["worker-%d", "worker"], ids=["of others", "of its own name"])
def test_hundreds_of_leftovers_take_few_descriptors(start, tmp_path, flavour, monkeypatch, who):
    monkeypatch.setattr(os, "fsync", lambda _: None)
    server = start()
    leave(tmp_path / "buffer", 150, who)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 100, limits[1]))
    try:
        with flavour(server.url, client="worker", buffer_dir=tmp_path / "buffer") as client:
            assert client.counters.unsettled <= leftovers.AT_ONCE_MAX + 1
            client.send(b"150")
            client.flush(120)
            assert client.counters.unsettled == 0
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert sorted(map(int, server.records())) == list(range(151))
    assert list((tmp_path / "buffer").iterdir()) == []


def test_the_rest_of_many_leftovers_stays_where_close_may_not_wait(tmp_path, flavour, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)
    leave(tmp_path, 40)
    sock, url = dead_address()
    with sock, flavour(url, buffer_dir=tmp_path, close_timeout=0):
        pass
    assert len(list(tmp_path.glob("*.buffer"))) == 40


def put_strays(directory):
    """Where a client looks, and in the way of what it looks for."""
    leave(directory, 1, "worker-7")
    buffer = only_directory(directory)
    strays = [directory / "README", directory / "notes.buffer", directory / "empty.buffer.d", buffer / "notes.txt",
              buffer / "backup.records", buffer / "99999999999999999999.records",
              buffer / "00000000000000000001 (copy).records"]
    for path in strays:
        path.write_text("a stray file")
    return strays


@pytest.mark.parametrize("client_name", ["worker-7", "another"])
def test_a_stray_file_is_told_of_and_harms_nothing(start, tmp_path, flavour, caplog, client_name):
    server = start()
    directory = tmp_path / "buffer"
    strays = put_strays(directory)
    with flavour(server.url, client=client_name, buffer_dir=directory) as client:
        client.send(b"1")
        client.flush(60)
    assert sorted(server.records()) == [b"0", b"1"]
    for path in strays:
        assert path.read_text() == "a stray file"
    for path in (directory / "notes.buffer", *(one for one in strays if one.suffix == ".records")):
        assert caplog.text.count(f"{path} is left alone") == 1
    with flavour(server.url, client=client_name, buffer_dir=directory) as client:
        client.send(b"2")
        client.flush(60)


def facts(session="0" * 32, offset="0", client="null"):
    return '{"session":"%s","offset":%s,"home":"","client":%s,"stream":null}' % (session, offset, client)


@pytest.mark.parametrize("text", ["[" * 100000, "\0", "[]", facts(session="x"), facts(offset="1e999"),
                                  facts(client="[]")])
def test_whatever_stands_in_a_session_file_harms_nothing(tmp_path, text, caplog):
    buffer = create(tmp_path)
    buffer.append(b"1", False)
    buffer.release()
    (buffer.path / "session.json").write_text(text)
    own, others = open_buffers(tmp_path)
    assert own.path != buffer.path and not others
    assert caplog.text.count("cannot be read, and stays") == 1 and str(buffer.path.name) in caplog.text


def test_a_relative_directory_is_that_of_the_start(tmp_path, flavour, monkeypatch):
    sock, url = dead_address()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with sock, flavour(url, buffer_dir="buffer", close_timeout=0, buffer_bytes=40000) as client:
        monkeypatch.chdir(tmp_path / "elsewhere")
        client.send_all(numbered(1500))
    assert not list((tmp_path / "elsewhere").iterdir())
    _, (left,) = open_buffers(tmp_path / "buffer")
    assert left.records.unread == 1500


def test_a_tilde_is_the_home_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir("/")
    sock, url = dead_address()
    with sock, crawlspool.Client(url, buffer_dir="~/buffer", close_timeout=0) as client:
        client.send(b"1")
    assert only_directory(tmp_path / "buffer")


def test_a_home_directory_that_is_not_there_is_told():
    with pytest.raises(crawlspool.ConfigurationError, match="buffer_dir is '~no-such-user/buffer'"):
        crawlspool.Client(buffer_dir="~no-such-user/buffer")
