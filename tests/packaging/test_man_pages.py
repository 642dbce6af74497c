"""The man pages are sound mdoc, and say neither less nor more than the programs, the configuration and the protocol."""

import re
import shutil
import subprocess

import pytest

from packaged import SOURCE, configuration_keys, helped, man_page, option_names

PAGES = ["crawlspool.1", "crawlspoold.yaml.5", "crawlspool-protocol.7", "crawlspoold.8"]


def plain(text):
    """Without mdoc's escapes."""
    return text.replace("\\-", "-").replace("\\&", "").replace("\\e", "\\")


def lines_of(page):
    return plain(man_page(page).read_text(encoding="utf-8")).splitlines()


@pytest.mark.parametrize("page", PAGES)
def test_mandoc_has_nothing_to_say(page):
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    said = subprocess.run(["mandoc", "-T", "lint", man_page(page)], capture_output=True, check=False, text=True)
    # Whether the pages referred to are installed on this machine is not the page's matter.
    found = [line for line in (said.stdout + said.stderr).splitlines()
             if "referenced manual not found" not in line and "outdated mandoc.db" not in line]
    assert not found


@pytest.mark.parametrize("page", PAGES)
def test_every_reference_is_to_a_page_that_is_there(page):
    for line in lines_of(page):
        reference = re.match(r"\.Xr (\S+) (\d)", line)
        if reference and reference[1].startswith("crawlspool"):
            assert man_page(f"{reference[1]}.{reference[2]}").exists(), line


def options_by_section(page):
    """{heading: names of the options that an .It describes}; the page's first part under ""."""
    found, section = {}, ""
    for line in lines_of(page):
        if line.startswith(".Ss "):
            section = line[4:]
        if line.startswith(".It Fl "):
            names = re.split(r" (?:Ar|Li|Ns) ", line[len(".It Fl "):])[0].split(" , ")
            found.setdefault(section, set()).update(f"-{name.strip()}" for name in names)
    return found


# Options that several commands share are described with the first of them.
DESCRIBED_WITH = {"tail": ["cat"]}
SHARED = {"--spool"}
EVERYWHERE = {"-h", "--help"}


def test_the_daemons_page_has_every_option_and_no_other():
    assert options_by_section("crawlspoold.8")[""] == option_names(helped("crawlspoold"))


def test_the_commands_page_has_every_option_and_no_other():
    described = options_by_section("crawlspool.1")
    program = helped("crawlspool")
    assert described.pop("") == option_names(program)
    for command in program.all_commands()[1:]:
        if command.subcommands:
            continue
        name = " ".join(command.path[1:])
        told = described.pop(name, set())
        for other in DESCRIBED_WITH.get(name, []):
            told |= options_by_section("crawlspool.1")[other]
        assert told | SHARED >= option_names(command) - EVERYWHERE, f"{name}: the page lacks an option"
        assert told <= option_names(command), f"{name}: the page has an option that there is not"
    assert not described, "sections of commands that there are not"


def test_the_commands_page_has_a_section_for_every_command():
    headings = [line[4:] for line in lines_of("crawlspool.1") if line.startswith(".Ss ")]
    commands = helped("crawlspool").all_commands()[1:]
    assert headings == [" ".join(command.path[1:]) for command in commands if not command.subcommands]


def test_the_configurations_page_has_every_key():
    told = [line.split()[2] for line in lines_of("crawlspoold.yaml.5") if line.startswith(".It Ic ")]
    assert told == configuration_keys()


def words_of_table(section):
    """The words in the first column of the table below that heading of PROTOCOL.md."""
    text = (SOURCE / "proto" / "PROTOCOL.md").read_text(encoding="utf-8")
    below = text.split(f"\n### {section}\n")[1].split("\n#")[0]
    return re.findall(r"^\| `([a-z0-9_]+)` \|", below, re.MULTILINE)


@pytest.mark.parametrize("section", ["reject", "slow, resume", "goodbye", "error"])
def test_the_protocols_page_counts_up_every_code_and_reason(section):
    message = section.split(",")[0]
    part = "\n".join(lines_of("crawlspool-protocol.7")).split(f'.It Li {{"{message}":')[1].split("\n.It")[0]
    told = [word for line in part.splitlines() if line.startswith(".Cm ") for word in re.findall(r"[a-z0-9_]+", line[4:])]
    assert told == words_of_table(section)


def test_the_protocols_page_names_the_frame_types_as_the_document_does():
    text = (SOURCE / "proto" / "PROTOCOL.md").read_text(encoding="utf-8")
    types = re.findall(r"^\| (\d) \| \[([a-z ]+)\]", text, re.MULTILINE)
    page = [re.match(r"\.It (\d) Ta ([a-z ]+) Ta", line) for line in lines_of("crawlspool-protocol.7")]
    assert [(row[1], row[2]) for row in page if row] == types
