"""The words of sources, help texts and documents: plain ones of the field, in place of those listed here. An identifier
counts as the words it is made of, and a phrase may go over a line's end."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("proto", "config", "daemon", "clients", "cli", "packaging", "systemd", "README.md", "SECURITY.md", "CHANGELOG.md", "Dockerfile",
          "dev")
SUFFIXES = {"", ".h", ".cpp", ".in", ".cmake", ".txt", ".py", ".md", ".js", ".html", ".css", ".yaml", ".json", ".1", ".7",
            ".8", ".service", ".socket", ".conf"}

# A regular expression for each, in lower case, and what to write instead.
WORDS = (
    (r"anew", "again, or fresh"),
    (r"mend(?:s|ed|ing)?", "repair, or correct"),
    (r"on wish", "if asked for"),
    (r"(?:comes?|came|coming) to", "reaches, happens, or is given"),
    (r"g(?:ives?|ave|iven|iving) way", "yields, or is shed"),
    (r"beg(?:ins?|an|un|inning) behind", "starts after"),
    (r"hopeless(?:ly)?", "unrepairable"),
    (r"prov(?:es?|ed|ing) itself", "checksum matches, or checksum mismatch"),
    (r"left out|leav(?:es?|ing) out", "skipped, suppressed, omitted, or not logged"),
    (r"packed|packing|packs|unpack(?:s|ed|ing)?", "compressed, decompressed; of a text format: encoded, decoded"),
    (r"growing", "active, of a segment"),
    (r"background threads?", "maintenance thread, or the thread's name"),
    (r"pulses?", "liveness check"),
    (r"rings?", "timer wheel"),
    (r"tells?|told|telling|untold", "says, shows, reports, logs, or distinguishes"),
    (r"(?:un)?settle(?:s|d|ments?)?|settling", "acknowledged, or synced"),
)

# What may stand all the same: the files, a regular expression for the text, and why.
EXCEPTIONS = (
    (r".*", r"all is settled", "the text of a goodbye, which clients may look for"),
    (r"proto/PROTOCOL\.md|packaging/man/crawlspool-protocol\.7", r"(?:un)?settle[sd]?", "a term that the protocol defines"),
    (r"clients/python/.*", r"(?i:(?:un)?settle[sd]?)", "that term, in names of the client's interface (Unsettled)"),
    (r".*\.js", r"Promise\.allSettled", "a name of JavaScript's"),
    (r".*\.(?:py|md)", r"(?:struct|_?HEADER|HEAD|_MARK)\.unpack(?:_from)?", "a name of Python's struct"),
)


def in_single_words(text):
    """The same text, on the same lines, with identifiers taken apart."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_", " ", text).lower()


def bad_words(name, text):
    """A line for each word that is not to be used: where, which, and what to write instead."""
    for files, allowed, _ in EXCEPTIONS:
        if re.fullmatch(files, name):
            text = re.sub(allowed, "", text)
    text = in_single_words(text)
    return [f"{name}:{text.count(chr(10), 0, found.start()) + 1}: {found[0]!r}, write: {instead}"
            for word, instead in WORDS
            for found in re.finditer(r"\b(?:" + word.replace(" ", r"(?:\s|//|#)+") + r")\b", text)]


def texts():
    for place in PLACES:
        path = ROOT / place
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            name = str(file.relative_to(ROOT))
            if file.is_file() and file.suffix in SUFFIXES and not name.startswith("clients/python/tests/"):
                yield name, file.read_text(encoding="utf-8")


def test_no_word_is_used_that_has_a_plainer_one():
    found = [line for name, text in texts() for line in bad_words(name, text)]
    assert not found, "\n" + "\n".join(found)


def test_a_bad_line_is_seen_with_its_place_and_what_to_write():
    text = "// Whole.\nint take_left_out();\nbool kUnpackedBytes;\n// The lines that it leaves\n// out.\nvoid ANewFile();\n"
    assert bad_words("daemon/bad.cpp", text) == [
        "daemon/bad.cpp:2: 'left out', write: skipped, suppressed, omitted, or not logged",
        "daemon/bad.cpp:4: 'leaves\\n// out', write: skipped, suppressed, omitted, or not logged",
        "daemon/bad.cpp:3: 'unpacked', write: compressed, decompressed; of a text format: encoded, decoded"]


def test_an_exception_is_for_its_files_only():
    assert bad_words("daemon/a.cpp", '"all is settled"') == [] and bad_words("proto/PROTOCOL.md", "is settled") == []
    assert len(bad_words("daemon/a.cpp", "is settled")) == 1
