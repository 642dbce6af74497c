"""What a program's --help says, as data: its options, what stands behind them, and its subcommands.

The form is CLI11's: sections of lines "  WHAT   TEXT", with the text in column 30 or on the next line."""

import re
import subprocess
from dataclasses import dataclass, field

TEXT_COLUMN = 30


@dataclass
class Option:
    names: list[str]  # ["-c", "--config"]
    value: str  # "FILE"; "" for a flag
    text: str

    def choices(self):
        """The words that its text counts up behind its last colon: "Only this ack level: synced or written"."""
        counted = re.search(r": ([a-z-]+(?:(?:, | or )[a-z-]+)*)$", self.text)
        return re.split(r", | or ", counted[1]) if self.value and counted else []


@dataclass
class Command:
    path: list[str]  # ["crawlspool", "send"]
    text: str
    options: list[Option] = field(default_factory=list)
    positionals: list[str] = field(default_factory=list)
    subcommands: list["Command"] = field(default_factory=list)

    def all_commands(self):
        """This one and those below it."""
        return [self, *(found for below in self.subcommands for found in below.all_commands())]


def read(program, path, text=""):
    """Runs PROGRAM, and each of its subcommands, with --help. PATH: the name that it goes by, and the subcommands."""
    shown = subprocess.run([program, *path[1:], "--help"], stdout=subprocess.PIPE, check=True, text=True).stdout
    command = Command(path, text)
    for section, what, meaning in _entries(shown):
        if section == "Options":
            command.options.append(_option(what, meaning))
        elif section == "Positionals":
            command.positionals.append(what.split()[0])
        elif section == "Subcommands":
            command.subcommands.append(read(program, [*path, what], meaning))
    return command


def _entries(shown):
    """(section, what, text) of each entry."""
    section, found = None, []
    for line in shown.splitlines():
        if not line.startswith(" "):
            heading = re.fullmatch(r"(Options|Positionals|Subcommands):", line)
            section = heading[1] if heading else None
        elif section and line.startswith(" " * TEXT_COLUMN):
            found[-1][2] = f"{found[-1][2]} {line.strip()}".strip()
        elif section:
            what, _, text = line.strip().partition("  ")
            found.append([section, what, text.strip()])
    return found


def _option(what, text):
    names, _, rest = what.partition(" ")
    value = re.match(r"[^\s=]\S*", rest)
    shown = value[0] if value and not value[0].endswith(":") else ""
    if "=" in shown and not shown.startswith("KEY="):
        shown = shown.partition("=")[0]  # N=10000: the default
    return Option(names.split(","), shown, text)
