"""config/crawlspoold.yaml as a document: what stands in its comments, and which keys follow which comment.

The file is held true to the daemon's table of keys by tests/config, so what is made from it is true as well."""

from dataclasses import dataclass, field


@dataclass
class Group:
    """Keys that one comment explains."""

    comment: list[str]  # lines without their #
    keys: list[tuple[str, str]] = field(default_factory=list)  # (whole name, value shown)


@dataclass
class Section:
    name: str  # "" for the keys at the top
    comment: list[str]
    groups: list[Group] = field(default_factory=list)


@dataclass
class Document:
    introduction: list[str]
    sections: list[Section]

    def key_names(self):
        return [name for section in self.sections for group in section.groups for name, _ in group.keys]


def read(path):
    document = Document([], [])
    comment = []
    with open(path, encoding="utf-8") as lines:
        for line in map(str.rstrip, lines):
            text = line.lstrip()
            if text.startswith("#"):
                comment.append(text[1:].removeprefix(" "))
            elif text:
                _add(document, line, comment)
                comment = []
            elif comment and not document.sections:
                document.introduction, comment = comment, []
    return document


def _add(document, line, comment):
    """A line of the form "name: value", or "name:", which begins a section."""
    name, _, value = line.strip().partition(":")
    inside = line.startswith(" ")
    if not inside and not value:
        document.sections.append(Section(name, comment))
        return
    if not inside and document.sections[-1].name:
        document.sections.append(Section("", []))
    section = document.sections[-1]
    if comment or not section.groups:
        section.groups.append(Group(comment))
    prefix = section.name + "." if section.name else ""
    section.groups[-1].keys.append((prefix + name, value.strip()))
