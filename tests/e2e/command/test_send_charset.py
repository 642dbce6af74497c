"""`crawlspool send --charset`: a file in another encoding is stored in UTF-8."""

import pytest

from command import run, send, server

TEXTS = ['{"city":"北京"}', '{"plain":1}', '{"rare":"𠮷"}']


def test_a_gb18030_file_is_stored_in_utf8(start, tmp_path):
    daemon = start()
    file = tmp_path / "items.ndjson"
    file.write_bytes("".join(text + "\n" for text in TEXTS).encode("gb18030"))
    result = send(daemon, "--charset", "GB18030", file)
    assert result.returncode == 0 and b"3 acked" in result.stderr, result
    lines = daemon.spool.lines(live=True)
    assert [(line.record.decode(), line.charset) for line in lines] == [
        (TEXTS[0], "gb18030"), (TEXTS[1], None), (TEXTS[2], "gb18030")]


def test_what_is_no_text_in_it_is_named_by_line_and_offset(start, tmp_path):
    daemon = start()
    file = tmp_path / "items.ndjson"
    file.write_bytes(b'{"a":1}\n{"a":"\xff"}\n')
    result = send(daemon, "--charset", "gb18030", file)
    assert result.returncode == 1
    assert f"{file}:2: " in result.stderr.decode() and "gb18030" in result.stderr.decode(), result.stderr
    assert b"1 acked, 1 rejected" in result.stderr


def test_a_compressed_batch_is_decoded_too(start):
    daemon = start()
    result = run("send", "--server", server(daemon), "--zstd", "--charset", "gbk", stdin='"北京"\n'.encode("gbk"))
    assert result.returncode == 0, result
    assert daemon.spool.records(live=True) == ['"北京"'.encode()]


@pytest.mark.parametrize("name, words", [("gb1803", "'gb1803' is no charset that is known; it is one of utf-8, gb18030"),
                                         ("utf-16", "iconv -f utf-16 -t utf-8")])
def test_a_charset_that_will_not_do_is_named(name, words):
    result = run("send", "--charset", name, stdin=b"1\n")
    assert result.returncode == 64 and words in result.stderr.decode(), result
