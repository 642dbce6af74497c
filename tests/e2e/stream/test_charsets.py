"""Records in other charsets than UTF-8, by every way to say so: stored in UTF-8 with the charset's word, or refused with
the offset and kept as they were sent."""

import json
import re
import socket
import subprocess
import sys

import pytest

from command import run, server
from daemon import ROOT, Daemon, run_daemon
from exposition import scrape
from frames import BATCH, frame
from waiting import seconds, wait_until
from web import Web

SETTINGS = {
    "listen.stream": '["tcp://127.0.0.1:0","tcp://127.0.0.1:0?charset=gbk","tcp://127.0.0.1:0?charset=gbk&charset_errors=replace"]',
    "listen.http": '["tcp://127.0.0.1:0","tcp://127.0.0.1:0?charset=GB18030"]',
    "listen.lines": '["tcp://127.0.0.1:0","tcp://127.0.0.1:0?charset=gb18030"]',
    "limits.record_bytes_max": "1KiB"}
TEXT = '{"city":"北京 東京"}'
NDJSON = "application/x-ndjson"
SESSION = "4f1c2d3e4f5061728394a5b6c7d8e9f0"
TEXTS = {"gb18030": ("gb18030", TEXT), "gbk": ("gbk", TEXT), "big5": ("cp950", '{"city":"臺北"}'),
         "shift_jis": ("cp932", '{"a":"ソ\\\\能"}'), "euc-jp": ("euc_jp", '{"a":"東京"}'), "euc-kr": ("cp949", '{"a":"똠방"}'),
         "windows-1251": ("cp1251", '{"a":"Москва"}'), "iso-8859-1": ("latin-1", '{"a":"é"}'),
         "utf-16": ("utf-16", TEXT), "utf-16be": ("utf-16-be", TEXT)}


@pytest.fixture
def daemon(shared):
    return shared


def stored(daemon, peer):
    return daemon.spool.lines(peer=peer, live=True)


def send_lines(daemon, text, index=0):
    with socket.create_connection(daemon.address("lines", index), seconds(10)) as sock:
        name = "%s:%d" % sock.getsockname()[:2]
        sock.sendall(text)
        sock.shutdown(socket.SHUT_WR)
        with sock.makefile("rb") as answers:
            return name, [json.loads(line) for line in answers]


@pytest.mark.parametrize("charset", TEXTS)
def test_a_hello_names_the_charset_of_its_records(daemon, charset):
    codec, text = TEXTS[charset]
    client = daemon.connect()
    client.hello(charset=charset)
    client.send_records([text.encode(codec), '{"a":1}'.encode(codec)])
    client.wait_ack()
    first, second = stored(daemon, client.name)
    assert (first.record.decode(), first.charset, first.replaced) == (text, charset, None)
    is_ascii = not charset.startswith("utf-16")
    assert (second.record, second.charset) == (b'{"a":1}', None if is_ascii else charset)


def test_an_alias_in_any_case_becomes_the_charsets_word(daemon):
    client = daemon.connect()
    client.hello(charset="CP936")
    client.send_record(TEXT.encode("gbk"))
    client.wait_ack()
    assert stored(daemon, client.name)[0].charset == "gbk"


def test_a_charset_that_is_not_known_is_refused_with_those_that_are(daemon):
    client = daemon.connect()
    client.send(frame(b'{"protocol":1,"charset":"klingon"}', 1))
    assert "one of utf-8, gb18030, gbk, big5" in client.expect_error("bad_hello")["detail"]


def test_a_batch_is_cut_into_lines_before_it_is_decoded(daemon):
    # 0x5C and 0x7B are second bytes here, 0x0A never is.
    lines = ['"%s"' % bytes.fromhex("815c817b").decode("gbk"), '{"a":1}']
    client = daemon.connect()
    client.hello(charset="gbk")
    client.send(frame("\n".join(lines).encode("gbk"), BATCH))
    client.wait_ack(2)
    assert [line.record.decode() for line in stored(daemon, client.name)] == lines


def test_a_batch_of_utf16_is_refused_by_name(daemon):
    client = daemon.connect()
    client.hello(charset="utf-16")
    client.send(frame('"a"\n'.encode("utf-16"), BATCH))
    assert "no byte ends a line" in client.expect_error("bad_batch")["detail"]


def test_what_cannot_be_decoded_is_refused_with_its_offset_and_kept_raw(daemon):
    bad = '{"city":"北'.encode("gbk") + b'\xff"}'
    client = daemon.connect()
    client.hello(charset="gbk", client="worker-7")
    client.send_records([bad, b'"sound"'])
    client.wait_ack()
    assert client.rejects[1] == {"seq": 1, "code": "invalid_charset", "detail": "not valid gbk at byte 11", "offset": 11}
    (kept,) = daemon.spool.rejected(peer=client.name)
    assert (kept["raw"], kept["charset"], kept["offset"], kept["length"]) == (bad, "gbk", 11, len(bad))


def test_an_offset_of_the_json_counts_in_the_record_as_sent(daemon):
    client = daemon.connect()
    client.hello(charset="utf-16le")
    client.send_record('["中",]'.encode("utf-16-le"))
    client.wait_ack()
    assert (client.rejects[1]["code"], client.rejects[1]["offset"]) == ("invalid_json", 10)


def test_a_record_that_grows_beyond_the_limit_is_refused(daemon):
    client = daemon.connect()
    client.hello(charset="windows-1252")
    client.send_records([b'"' + b"\xe9" * 511 + b'"', b'"' + b"\xe9" * 512 + b'"'])
    client.wait_ack()
    assert {seq: reject["code"] for seq, reject in client.rejects.items()} == {2: "record_too_large"}


def test_a_listener_says_it_for_senders_that_say_nothing(daemon):
    client = daemon.connect(index=1)
    client.send_record(TEXT.encode("gbk"))
    client.wait_ack()
    assert (stored(daemon, client.name)[0].record.decode(), stored(daemon, client.name)[0].charset) == (TEXT, "gbk")


def test_a_hello_wins_over_its_listener(daemon):
    client = daemon.connect(index=1)
    client.hello(charset="utf-8")
    client.send_record(TEXT.encode())
    client.wait_ack()
    assert stored(daemon, client.name)[0].charset is None


def test_a_replacing_listener_stores_what_is_left_and_counts(daemon):
    client = daemon.connect(index=2)
    client.send_record(b'{"a":"\x81","b":"\xff"}')
    client.wait_ack()
    (line,) = stored(daemon, client.name)
    assert (line.record.decode(), line.charset, line.replaced) == ('{"a":"\ufffd","b":"\ufffd"}', "gbk", 2)


def test_lines_name_it_in_their_first_line(daemon):
    hello = json.dumps({"crawlspool": 1, "ack": True, "charset": "big5"}).encode()
    name, answers = send_lines(daemon, hello + b"\n" + '"功\\\\能"\n"許"'.encode("cp950"))
    assert "welcome" in answers[0] and "goodbye" in answers[-1]
    assert [answer["ack"] for answer in answers if "ack" in answer][-1] == 2
    assert [(line.record.decode(), line.charset) for line in stored(daemon, name)] == [('"功\\\\能"', "big5"), ('"許"', "big5")]


def test_lines_cannot_be_in_utf16(daemon):
    _, answers = send_lines(daemon, b'{"crawlspool":1,"ack":true,"charset":"utf-16"}\n1\n')
    assert answers[0]["error"]["code"] == "bad_hello" and "no byte ends a line" in answers[0]["error"]["detail"]


def test_a_first_line_is_in_the_charset_of_its_listener(daemon):
    hello = '{"crawlspool":1,"ack":true,"stream":"引文"}\n'.encode("gb18030")
    name, answers = send_lines(daemon, hello + TEXT.encode("gb18030"), 1)
    assert "welcome" in answers[0]
    (line,) = stored(daemon, name)
    assert (line.record.decode(), line.charset, line.stream) == (TEXT, "gb18030", "引文")


def test_silent_lines_are_decoded_too(daemon):
    name, answers = send_lines(daemon, (TEXT + "\n").encode("gb18030"), 1)
    assert answers == []
    wait_until(lambda: stored(daemon, name), "the line is stored")
    assert stored(daemon, name)[0].record.decode() == TEXT


@pytest.mark.parametrize("content_type", ["application/json; charset=gbk", 'Application/JSON;x=y;CharSet="GB2312"'])
def test_content_type_names_it_for_a_body(daemon, content_type):
    with daemon.web() as connection:
        assert connection.post(TEXT.encode("gbk"), content_type).json() == {"accepted": 1, "rejected": []}
        assert [(line.record.decode(), line.charset) for line in stored(daemon, connection.name)] == [(TEXT, "gbk")]
        assert connection.post(b"1").status == 200, "the next request has none"


def test_each_line_of_ndjson_is_decoded_and_judged(daemon):
    body = b"\n".join([TEXT.encode("gbk"), b'"\xff"', b"3"])
    with daemon.web() as connection:
        response = connection.post(body, f"{NDJSON}; charset=gbk").json()
        assert response == {"accepted": 2, "rejected": [
            {"index": 1, "code": "invalid_charset", "detail": "not valid gbk at byte 1", "offset": 1}]}
        assert [line.charset for line in stored(daemon, connection.name)] == ["gbk", None]


def test_a_body_of_utf16_is_one_record(daemon):
    with daemon.web() as connection:
        assert connection.post(TEXT.encode("utf-16"), "application/json; charset=utf-16").status == 200
        assert stored(daemon, connection.name)[0].record.decode() == TEXT


@pytest.mark.parametrize("content_type, words", [("application/json; charset=klingon", "one of utf-8, gb18030"),
                                                 (f"{NDJSON}; charset=utf-16", "no byte ends a line")])
def test_a_charset_that_cannot_be_is_415(daemon, content_type, words):
    with daemon.web() as connection:
        response = connection.post(b"1", content_type)
        assert (response.status, response.error_code()) == (415, "unsupported_media_type")
        assert words in response.json()["error"]["detail"]


def test_an_http_listener_says_it_for_its_requests(daemon):
    with Web(daemon.address("http", 1)) as connection:
        assert connection.post(TEXT.encode("gb18030")).status == 200
        assert connection.post(TEXT.encode(), "application/json; charset=utf-8").status == 200
        assert [line.charset for line in stored(daemon, connection.name)] == ["gb18030", None]


@pytest.mark.parametrize("url, words", [
    ("listen.lines=tcp://127.0.0.1:0?charset=utf-16", "no byte ends a line"),
    ("listen.stream=tcp://127.0.0.1:0?charset=gb1803", "did you mean gb18030?"),
    ("listen.http=tcp://127.0.0.1:0?charset_errors=ignore", "must be reject or replace")])
def test_a_setting_that_cannot_be_ends_the_start(tmp_path, url, words):
    key, _, value = url.partition("=")
    result = run_daemon("--set", f'{key}=["{value}"]', "--set", f"spool.directory={tmp_path}/spool", "--check")
    assert result.returncode == 78 and words in result.stderr, result.stderr


def missing_codec(tmp_path):
    """An environment in which glibc finds a broken module for GB18030."""
    (tmp_path / "gconv").mkdir()
    (tmp_path / "gconv" / "broken.so").write_bytes(b"no module")
    (tmp_path / "gconv" / "gconv-modules").write_text(
        "module GB18030// INTERNAL broken 1\nmodule INTERNAL GB18030// broken 1\n", encoding="ascii")
    return {"GCONV_PATH": str(tmp_path / "gconv")}


def test_a_missing_codec_of_a_listener_ends_the_start(tmp_path):
    one = Daemon(tmp_path / "daemon", {"listen.lines": '["tcp://127.0.0.1:0?charset=gb18030"]'}, env=missing_codec(tmp_path))
    one.launch()
    assert one.wait_exit() == 78
    assert "no codec for gb18030" in one.events("start_failed")[0]["detail"]


def test_a_missing_codec_that_nobody_needs_is_a_warning(tmp_path, start):
    one = start(env=missing_codec(tmp_path))
    assert one.wait_event("charsets_missing")["charsets"] == "gb18030"
    client = one.connect()
    client.send(frame(b'{"protocol":1,"charset":"gb18030"}', 1))
    assert "no codec for gb18030" in client.expect_error("bad_hello")["detail"]
    with one.web() as connection:
        assert connection.post(b"1", "application/json; charset=gb18030").status == 415


def test_decoded_records_are_counted_by_charset(start):
    daemon = start()
    client = daemon.connect()
    client.hello(charset="gbk")
    client.send_records([TEXT.encode("gbk"), b"1", b"\xff"])
    client.wait_ack()
    counted = scrape(daemon).labelled("crawlspool_records_decoded_total", "charset")
    assert {charset: count for charset, count in counted.items() if count} == {"gbk": 1}


def test_a_session_goes_on_and_a_restart_reads_decoded_lines(start):
    daemon = start()
    client = daemon.connect()
    client.hello(session=SESSION, charset="gbk")
    client.send_records([TEXT.encode("gbk")] * 3)
    client.wait_ack()
    daemon.kill()
    daemon.start()
    assert daemon.connect().hello(session=SESSION, charset="gbk")["last_seq"] == 3
    verified = run("verify", "--spool", daemon.spool.directory)
    assert verified.returncode == 0, verified.stderr
    read = run("cat", "--records", "--spool", daemon.spool.directory)
    assert read.stdout.decode() == (TEXT + "\n") * 3


def test_replay_sends_rejects_in_the_charset_that_they_came_in(start):
    daemon = start({"limits.record_depth_max": "1"})
    client = daemon.connect()
    client.hello(client="worker-7", charset="gbk")
    client.send_records(['[["深"]]'.encode("gbk"), b'"\xff"'])
    client.wait_ack()
    other = daemon.connect()
    other.hello(client="worker-7")
    other.send_record('[["深"]]'.encode())
    other.wait_ack()
    shown = run("rejected", "show", "--spool", daemon.spool.directory).stdout.decode()
    assert "bytes of gbk" in shown
    assert daemon.terminate() == 0
    daemon.settings["limits.record_depth_max"] = "9"
    daemon.start()
    result = run("rejected", "replay", "--all", "--spool", daemon.spool.directory, "--server", server(daemon))
    assert "2 records stored, 1 rejected again" in result.stderr.decode()
    assert sorted((line.record.decode(), line.charset or "") for line in daemon.spool.lines(live=True)) == [
        ('[["深"]]', ""), ('[["深"]]', "gbk")]


def test_the_sender_of_the_readme_is_stored(start):
    daemon = start()
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Sending in other encodings"):].split("\n## ", 1)[0]
    (program,) = re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    host, port = daemon.address()
    assert program.count('("127.0.0.1", 8940)') == 1
    program = program.replace('("127.0.0.1", 8940)', f'("{host}", {port})')
    subprocess.run([sys.executable, "-c", program], timeout=seconds(30), check=True)
    subprocess.run([sys.executable, "-c", re.sub(r".*b'\{\"protocol.*\n", "", program)], timeout=seconds(30), check=True)
    (line,) = daemon.spool.lines(live=True)
    assert f'"charset":"{line.charset}","record":{line.record.decode()}' in section
    assert daemon.spool.rejected()[0]["detail"] in section
