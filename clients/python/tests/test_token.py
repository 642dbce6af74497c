"""A token: said in each hello, to no one else, and shown nowhere."""

import hashlib
import logging
import subprocess
import sys

import crawlspool
import pytest
from conftest import CLIENT
from waiting import seconds

TOKEN = "cs_" + "t" * 43


@pytest.fixture
def tokens(tmp_path):
    file = tmp_path / "tokens.yaml"
    file.write_text(f'- {{name: spider, sha256: {hashlib.sha256(TOKEN.encode()).hexdigest()}, streams: [quotes]}}\n',
                    encoding="ascii")
    return {"auth.tokens": str(file)}


def test_with_its_token_a_client_is_let_in(start, tokens, flavour, caplog):
    caplog.set_level(logging.DEBUG)
    server = start(tokens)
    with flavour(server.url, token=TOKEN, stream="quotes") as client:
        client.send({"a": 1})
        client.flush(seconds(20))
    assert [(line.user, line.stream) for line in server.spool.lines(live=True)] == [("spider", "quotes")]
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("arguments, code, said", [
    ({}, "unauthorized", "this server wants a token"),
    ({"token": "cs_other"}, "unauthorized", "that token is not known"),
    ({"token": TOKEN, "stream": "prices"}, "forbidden", "token spider may not write stream prices")])
def test_a_refusal_ends_the_client_and_names_the_cause(start, tokens, flavour, arguments, code, said):
    server = start(tokens)
    with pytest.raises(crawlspool.Refused, match=f"{code}: {said}"):
        with flavour(server.url, **arguments) as client:
            client.send({"a": 1})
            client.flush(seconds(20))
    assert server.records() == []


@pytest.mark.parametrize("token", ["", 7, "two words", "ключ", "x" * 1025, TOKEN.encode()])
def test_what_is_no_token_is_refused_and_not_shown(flavour, token):
    with pytest.raises(crawlspool.ConfigurationError, match="token is") as raised:
        flavour("tcp://127.0.0.1:1", token=token)
    assert not token or str(token) not in str(raised.value)


def test_the_command_reads_it_from_a_file(start, tokens, tmp_path):
    server = start(tokens)
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n", encoding="ascii")
    command = [sys.executable, "-m", "crawlspool", "--server", server.url, "--stream", "quotes", "--token-file", str(file)]
    ended = subprocess.run(command, input=b"1\n", cwd=CLIENT, capture_output=True, timeout=seconds(30), check=False)
    assert (ended.returncode, ended.stdout) == (0, b"ack 1\n"), ended.stderr
    assert [line.user for line in server.spool.lines(live=True)] == ["spider"]
