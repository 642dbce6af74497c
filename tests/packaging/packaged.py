"""The packaged files under test, and the programs that they tell of."""

import functools
import os
import sys
from pathlib import Path

SOURCE = Path(os.environ["CRAWLSPOOL_SOURCE"])
MADE = Path(os.environ["CRAWLSPOOL_MADE"])
PROGRAMS = {"crawlspool": os.environ["CRAWLSPOOL"], "crawlspoold": os.environ["CRAWLSPOOLD"]}

sys.path.insert(0, str(SOURCE / "packaging"))

import config_file  # noqa: E402
import help_text  # noqa: E402


@functools.cache
def helped(program):
    """What `program --help` says."""
    return help_text.read(PROGRAMS[program], [program])


def man_page(name):
    folder = MADE if name == "crawlspoold.yaml.5" else SOURCE / "packaging"
    return folder / "man" / name


def completion(program, shell):
    return MADE / "completions" / f"{program}.{shell}"


def option_names(command):
    return {name for option in command.options for name in option.names}


def configuration_keys():
    return config_file.read(SOURCE / "config" / "crawlspoold.yaml").key_names()
