"""crawlspoold.yaml(5) in mdoc, made from the comments of config/crawlspoold.yaml: one place explains the keys.

Usage: config_page.py CONFIG-FILE >PAGE"""

import re
import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import config_file  # noqa: E402

HEAD = """\
.Dd November 20, 2026
.Dt CRAWLSPOOLD.YAML 5
.Os
.Sh NAME
.Nm crawlspoold.yaml
.Nd configuration of crawlspoold
.Sh DESCRIPTION"""

TAIL = """\
.Sh FILES
.Bl -tag -width Ds
.It Pa /etc/crawlspool/crawlspoold.yaml
read where no
.Fl c
is given; without it the defaults hold
.El
.Sh SEE ALSO
.Xr crawlspool 1 ,
.Xr crawlspool\\-protocol 7 ,
.Xr crawlspoold 8"""


def escaped(text):
    text = text.replace("\\", "\\e")
    text = re.sub(r"(?<![\w-])--?(?=[\w.])", lambda dashes: "\\-" * len(dashes[0]), text)
    return "\\&" + text if text.startswith((".", "'")) else text


def sentences(text):
    """Text as mdoc wants it: each sentence begins a line, and no line is long."""
    begun = re.split(r"(?<=[.:;])\s+(?=[A-Z\[])", text)
    return [escaped(line) for sentence in begun for line in textwrap.wrap(sentence, 76, break_on_hyphens=False)]


def blocks(comment):
    """The comment's paragraphs, as text, and its tables of words and what they mean, as lists of pairs."""
    found = [""]
    for line in comment:
        item = re.match(r" {0,4}(\S.*?) {2,}(\S.*)", line)
        if item:
            if isinstance(found[-1], str):
                found.append([])
            found[-1].append((item[1], item[2]))
        elif line.startswith("   ") and isinstance(found[-1], list):
            word, meaning = found[-1][-1]
            found[-1][-1] = (word, f"{meaning} {line.strip()}")
        elif line and isinstance(found[-1], str):
            found[-1] = f"{found[-1]} {line}".strip()
        else:
            found.append(line)
    return [block for block in found if block]


def prose(comment):
    lines = []
    for block in blocks(comment):
        if isinstance(block, str):
            lines += [".Pp", *sentences(block)]
            continue
        lines.append(".Bl -tag -width Ds")
        for word, meaning in block:
            lines += [f".It Li {escaped(word)}", *sentences(meaning)]
        lines.append(".El")
    return lines[1:] if lines[:1] == [".Pp"] else lines


def section(one):
    lines = [f".Ss {one.name or 'other keys'}", *prose(one.comment), ".Bl -tag -width Ds"]
    for group in one.groups:
        for name, value in group.keys:
            lines.append(f".It Ic {name} : Li {escaped(value)}")
        lines += prose(group.comment)
    return [*lines, ".El"]


def page(path):
    document = config_file.read(path)
    introduction = [re.sub(r"^crawlspoold\.yaml: every key", "Every key", line) for line in document.introduction]
    lines = [".\\\" Made from config/crawlspoold.yaml by packaging/man/config_page.py.", HEAD, *prose(introduction),
             ".Sh KEYS"]
    for one in document.sections:
        lines += section(one)
    return "\n".join([*lines, TAIL]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page(sys.argv[1]))
