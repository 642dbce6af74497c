"""The log's words: systemd/OPERATIONS.md lists each one that the sources log, with its levels and keys, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALL = re.compile(r"\bbase::log_(?:debug|info|warn|error)|(?<!void )\blog_(?:debug|info|warn|error)")
WORD = re.compile(r'\blog_(debug|info|warn|error)(?:_limited|_admitted)?\(\s*"([a-z][a-z0-9_]*)"(.*?);', re.DOTALL)
KEY = re.compile(r'\{"([a-z][a-z0-9_]*)",')
ROW = re.compile(r"^\| `([a-z][a-z0-9_]*)` \| ([a-z, ]+) \| ([a-z0-9_, ]*?) ?\| (.+) \|$", re.MULTILINE)

TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
         for path in sorted((ROOT / "daemon").rglob("*.cpp"))}


def logged():
    """By word: its levels, and the keys in its calls."""
    words = {}
    for text in TEXTS.values():
        for level, word, rest in WORD.findall(text):
            levels, keys = words.setdefault(word, (set(), set()))
            levels.add(level)
            keys.update(KEY.findall(rest))
    return words


def documented():
    section = (ROOT / "systemd/OPERATIONS.md").read_text(encoding="utf-8").split("\n### Words\n")[1].split("\n## ")[0]
    rows = ROW.findall(section)
    assert [row[0] for row in rows] == sorted({row[0] for row in rows}), "each once, in alphabetical order"
    assert len(rows) == section.count("\n| `"), "a row does not read"
    return {word: (set(levels.split(", ")), set(filter(None, keys.split(", ")))) for word, levels, keys, _ in rows}


def test_a_word_is_written_out_where_it_is_logged():
    for name, text in TEXTS.items():
        if name != "daemon/base/log.cpp":
            assert len(CALL.findall(text)) == len(WORD.findall(text)), name


def test_every_word_that_is_logged_is_in_the_table_and_no_other():
    used, listed = logged().keys(), documented().keys()
    assert not used - listed, "logged, and missing in systemd/OPERATIONS.md, Words"
    assert not listed - used, "in systemd/OPERATIONS.md, Words, and logged nowhere"


def test_a_words_levels_are_those_it_is_logged_with():
    assert {word: row[0] for word, row in logged().items()} == {word: row[0] for word, row in documented().items()}


def test_a_words_keys_are_those_it_is_logged_with():
    every_key = set(KEY.findall("".join(TEXTS.values())))  # some come to the call in a variable
    every_key |= set(re.findall(r'InputInfo\{"([a-z]+)"', (ROOT / "proto/inputs.h").read_text(encoding="utf-8")))
    listed = documented()
    for word, (_, keys) in logged().items():
        assert not keys - listed[word][1], f"{word}: keys missing in systemd/OPERATIONS.md, Words"
        assert listed[word][1] <= every_key, f"{word}: keys in systemd/OPERATIONS.md, Words, that nothing logs"
