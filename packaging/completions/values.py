"""What may stand behind an option, taken from the word that --help shows for it."""

from enum import Enum


class Kind(Enum):
    FLAG = "nothing"
    FILE = "a file's name"
    DIRECTORY = "a directory's name"
    SETTING = "a configuration key and its value"
    CHOICE = "one of the words that the help counts up"
    CHOICES = "some of them, with commas between"
    OTHER = "anything"


def kind(option):
    named = {"": Kind.FLAG, "FILE": Kind.FILE, "DIR": Kind.DIRECTORY, "KEY=VALUE": Kind.SETTING}
    if option.value in named:
        return named[option.value]
    if not option.choices():
        return Kind.OTHER
    return Kind.CHOICES if option.value.endswith(",...") else Kind.CHOICE
