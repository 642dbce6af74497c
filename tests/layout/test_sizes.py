"""Files, functions and classes that one can hold in mind: a ratchet, so that none grows past it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for top in ("proto", "config", "daemon", "clients/cpp", "cli") for path in (ROOT / top).rglob("*")
                 if path.suffix in (".h", ".cpp"))
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
CLASS_FUNCTIONS_MAX = 40
GENERATED = {"proto/stream_characters.h"}


def name(path):
    return str(path.relative_to(ROOT))


def without_comments_and_texts(source):
    """The code with each comment, string and character literal made blank; the lines stay."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'R"(\w*)\((?:.|\n)*?\)\1"|//[^\n]*|/\*(?:.|\n)*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', blank, source)


def end_of_block(code, start):
    """Behind the brace that closes the one at `start`."""
    depth = 0
    for match in re.finditer(r"[{}]", code[start:]):
        depth += 1 if match[0] == "{" else -1
        if depth == 0:
            return start + match.end()
    raise AssertionError("braces do not match")


def blocks(code):
    """(head, start, end) of each block that stands in a namespace or a class: start is its brace."""
    at = head_start = 0
    while match := re.compile(r"[;{}]").search(code, at):
        at = match.end()
        if match[0] != "{":
            head_start = at
            continue
        head = code[head_start:match.start()]
        end = end_of_block(code, match.start())
        yield head, match.start(), end
        if not re.search(r"\b(namespace|class|struct|extern)\b[^()]*$", head):
            at = end
        head_start = at


def functions(code):
    for head, start, end in blocks(code):
        if "(" in head and not re.search(r"\b(namespace|class|struct|enum|union)\b[^()]*$", head):
            head_lines = head.strip().count("\n")
            yield head.split("(")[0].split()[-1], code.count("\n", start, end) + 1 + head_lines


def class_functions(code):
    """(name, how many functions it declares) of each class."""
    for head, start, end in blocks(code):
        found = re.search(r"\b(?:class|struct)\s+(?:\[\[\w+\]\]\s+)?(\w+)[^()]*$", head)
        if not found:
            continue
        count = 0
        at, statement_start = start + 1, start + 1
        while (match := re.compile(r"[;{]").search(code, at)) and match.start() < end - 1:
            statement = re.sub(r"^\s*(?:public|private|protected)\s*:", "", code[statement_start:match.start()].strip()).strip()
            at = end_of_block(code, match.start()) if match[0] == "{" else match.end()
            before = statement.split("(")[0]
            is_function = "(" in statement and "=" not in before.replace("operator=", "") and not before.startswith(("using", "static_assert"))
            if is_function and not re.search(r"=\s*delete$", statement) and not re.search(r"\b(class|struct|enum)\b", before):
                count += 1
            statement_start = at
        yield found[1], count


@pytest.fixture(scope="module")
def code():
    return {path: without_comments_and_texts(path.read_text(encoding="utf-8")) for path in SOURCES if name(path) not in GENERATED}


def test_no_file_is_longer_than_one_reads():
    long = {name(path): lines for path in SOURCES if (lines := path.read_text(encoding="utf-8").count("\n")) > FILE_LINES_MAX}
    assert not long


def test_no_function_is_longer_than_a_screen(code):
    long = {f"{name(path)}: {function}": lines for path, text in code.items() for function, lines in functions(text)
            if lines > FUNCTION_LINES_MAX}
    assert not long


def test_no_class_has_more_functions_than_one_keeps_in_mind(code):
    large = {f"{name(path)}: {one}": count for path, text in code.items() for one, count in class_functions(text)
             if count > CLASS_FUNCTIONS_MAX}
    assert not large


def test_each_header_opens_with_what_it_owns():
    assert not [name(path) for path in SOURCES if path.suffix == ".h" and not path.read_text(encoding="utf-8").startswith("// ")]


def test_the_measures_see_what_they_measure():
    code = without_comments_and_texts('// f() {\nclass A {\n public:\n  A();\n  int f() const { return 1; }\n  int n = g();\n  A(const A&) = delete;\n'
                                      ' private:\n  struct B {\n    void h();\n  };\n  void i(int a,\n         int b);\n};\nvoid A::i(int a,\n       int b) {\n  if (a) {\n    b = 1;\n  }\n}\n')
    assert dict(class_functions(code)) == {"A": 3, "B": 1}
    assert dict(functions(code)) == {"f": 1, "A::i": 6}
