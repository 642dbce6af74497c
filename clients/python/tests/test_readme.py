"""What README.md and docs/ show and list is what there is: their Python runs, their tables name each argument, setting
and counter."""

import asyncio
import dataclasses
import inspect
import pathlib
import re

import crawlspool
import pytest
from conftest import CLIENT

README = (CLIENT / "README.md").read_text(encoding="utf-8")
SERVER = "tcp://crawl-server:8940"


def python_blocks(text):
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def section(title):
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE)[1]


def table(text):
    """(names in the first cell, the second cell) of each row."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [(re.findall(r"`([^`]+)`", cells[0]), cells[1]) for cells in rows]


def test_the_first_examples_send(start):
    server = start()
    blocking, asynchronous, *_ = python_blocks(README)
    exec(blocking.replace(SERVER, server.url), {})
    names = {}
    exec(asynchronous.replace(SERVER, server.url), names)
    asyncio.run(names["deliver"]([{"n": 1}]))
    assert server.records() == [b'{"url":"https://example.com/","status":200}', b'{"n":1}']


@pytest.mark.parametrize("path", [CLIENT / "README.md", *sorted((CLIENT / "docs").glob("*.md"))],
                         ids=lambda path: path.name)
def test_each_example_is_python(path):
    for block in python_blocks(path.read_text(encoding="utf-8")):
        compile(block, path.name, "exec")


def test_the_http_pages_client_sends(start, tmp_path):
    server = start()
    _, block = python_blocks((CLIENT / "docs/moving-from-http-post.md").read_text(encoding="utf-8"))
    block = block.replace(SERVER, server.url).replace("/var/tmp/crawlspool", str(tmp_path / "buffer"))
    exec(block, {"crawlspool": crawlspool, "item": {"n": 1}})
    assert server.records() == [b'{"n":1}']


def test_the_table_of_arguments_is_the_signature():
    parameters = inspect.signature(crawlspool.Client).parameters
    rows = table(section("Arguments"))
    assert [name for names, _ in rows for name in names] == list(parameters)
    for names, defaults in rows:
        values = [parameters[name].default for name in names]
        if all(isinstance(value, (bool, str)) or value is None or value < 1 << 16 for value in values):
            for value in values:
                assert "none" in defaults or value is None or str(value).rstrip("0").rstrip(".") in defaults, names


def test_the_table_of_settings_is_what_the_pipeline_reads():
    source = pathlib.Path(crawlspool.__file__).with_name("scrapysettings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'"(CRAWLSPOOL_\w+)"', source))
    assert {name for names, _ in table(section("Scrapy")) for name in names} == read


def test_every_counter_is_listed():
    listed = re.findall(r"`(\w+)`", section("Counters"))
    assert set(listed) == {field.name for field in dataclasses.fields(crawlspool.Counters)}


def test_the_files_that_are_named_are_there():
    named = set(re.findall(r"`(\w+\.py)`", section("The code")))
    assert named and named <= {path.name for path in (CLIENT / "crawlspool").glob("*.py")}
