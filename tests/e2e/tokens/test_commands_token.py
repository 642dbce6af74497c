"""The command says its token from a file, to crawlers' listeners and to the admin port, and shows it nowhere."""

import hashlib

import pytest

from command import run

TOKEN = "cs_" + "t" * 43


@pytest.fixture
def token_file(tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n", encoding="ascii")
    return file


@pytest.fixture
def daemon(start, tmp_path):
    tokens = tmp_path / "tokens.yaml"
    tokens.write_text(f"- {{name: spider, sha256: {hashlib.sha256(TOKEN.encode()).hexdigest()}}}\n", encoding="ascii")
    return start({"auth.tokens": str(tokens), "auth.admin_tokens": str(tokens)})


def server(daemon, kind="stream"):
    return "%s:%d" % daemon.address(kind)


def test_send_says_the_token(daemon, token_file):
    sent = run("send", "--server", server(daemon), "--token-file", token_file, stdin=b"1\n2\n")
    assert sent.returncode == 0, sent.stderr
    assert [line.user for line in daemon.spool.lines(live=True)] == ["spider", "spider"]
    assert TOKEN.encode() not in sent.stdout + sent.stderr
    sent = run("send", "--server", server(daemon), stdin=b"1\n", env={"CRAWLSPOOL_TOKEN_FILE": str(token_file)})
    assert sent.returncode == 0, sent.stderr


def test_without_it_send_ends_at_once_and_says_why(daemon, token_file):
    sent = run("send", "--server", server(daemon), stdin=b"1\n")
    assert sent.returncode == 1 and b"unauthorized: this server wants a token" in sent.stderr, sent.stderr
    token_file.write_text("cs_other", encoding="ascii")
    sent = run("send", "--server", server(daemon), "--token-file", token_file, stdin=b"1\n")
    assert sent.returncode == 1 and b"unauthorized: that token is not known" in sent.stderr, sent.stderr


def test_status_says_it_to_the_admin_port(daemon, token_file):
    asked = run("status", "--admin", server(daemon, "admin"))
    assert asked.returncode != 0 and b"wants a token (401): --token-file" in asked.stderr, asked.stderr
    asked = run("status", "--admin", server(daemon, "admin"), "--token-file", token_file)
    assert asked.returncode == 0, asked.stderr
    token_file.write_text("cs_other", encoding="ascii")
    asked = run("status", "--admin", server(daemon, "admin"), "--token-file", token_file)
    assert b"does not take this token (401)" in asked.stderr


@pytest.mark.parametrize("content", ["", "two words", "c\x01"])
def test_a_file_with_something_else_is_a_usage_error(tmp_path, content):
    file = tmp_path / "token"
    file.write_text(content, encoding="ascii")
    sent = run("send", "--server", "127.0.0.1:1", "--token-file", file, stdin=b"1\n")
    assert sent.returncode == 64 and b"token" in sent.stderr
    assert not content or content.encode() not in sent.stderr
