"""The senders of a few lines that README.md and PROTOCOL.md show, run as they stand there with 100,000 records: a program
that ends right after them has had all of its records stored."""

import re
import subprocess
import sys

import pytest

from daemon import ROOT

RECORDS = 100_000
ITEMS = f'items = [{{"n": n, "pad": "x" * 400}} for n in range({RECORDS})]'


def sender_of(path, first_words):
    """The Python blocks of the document between its heading and the next one, as one program."""
    text = (ROOT / path).read_text(encoding="utf-8")
    section = text[text.index(first_words):].split("\n#", 1)[0]
    return "".join(re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("path, heading", [("README.md", "## Sending from Python"),
                                           ("proto/PROTOCOL.md", "### A sender in a few lines")])
def test_every_record_of_a_documents_sender_is_stored(start, path, heading):
    daemon = start()
    host, port = daemon.address()
    program = sender_of(path, heading)
    for shown, ours in (('("127.0.0.1", 8940)', f'("{host}", {port})'),
                        (re.search(r"^items = .*$", program, re.MULTILINE)[0], ITEMS)):
        assert program.count(shown) == 1, f"{path} does not show {shown!r}"
        program = program.replace(shown, ours)
    ended = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, timeout=120, check=True)
    daemon.terminate()
    records = daemon.spool.records()
    assert len(records) == RECORDS
    assert all(f'"n": {n},'.encode() in record for n, record in enumerate(records))
    if ended.stdout:
        assert f'{{"ack":{RECORDS}}}' in ended.stdout.decode().splitlines()
