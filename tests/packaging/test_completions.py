"""The completions, asked in the shells themselves, offer what --help says."""

import re
import shlex
import shutil
import subprocess

import pytest

from packaged import PROGRAMS, completion, configuration_keys, helped, option_names
from zsh_terminal import Zsh


def commands():
    """Every command of both programs, with what stands in front of the word that is completed."""
    return [command for program in PROGRAMS for command in helped(program).all_commands()]


def name_of(command):
    return " ".join(command.path)


def in_bash(*words, folder="."):
    program = words[0]
    script = (f"source {shlex.quote(str(completion(program, 'bash')))}\n"
              f"COMP_WORDS=({' '.join(map(shlex.quote, words))})\nCOMP_CWORD={len(words) - 1}\n"
              f"_{program}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n")
    shown = subprocess.run(["bash", "--norc", "-u", "-c", script], capture_output=True, check=True, text=True,
                           cwd=folder)
    assert not shown.stderr
    return [line for line in shown.stdout.splitlines() if line]


@pytest.mark.parametrize("command", commands(), ids=name_of)
def test_bash_offers_a_commands_options_and_the_programs(command):
    offered = in_bash(*command.path, "-")
    assert set(offered) == option_names(command) | option_names(helped(command.path[0]))


@pytest.mark.parametrize("command", [one for one in commands() if one.subcommands], ids=name_of)
def test_bash_offers_the_subcommands(command):
    assert in_bash(*command.path, "") == [below.path[-1] for below in command.subcommands]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "records.ndjson").touch()
    (tmp_path / "records").mkdir()
    return tmp_path


def test_bash_offers_files_where_a_file_is_wanted(folder):
    assert sorted(in_bash("crawlspool", "send", "rec", folder=folder)) == ["records", "records.ndjson"]
    assert sorted(in_bash("crawlspoold", "-c", "rec", folder=folder)) == ["records", "records.ndjson"]
    assert sorted(in_bash("crawlspool", "cat", "-c", "rec", folder=folder)) == ["records", "records.ndjson"]


def test_bash_offers_directories_where_a_directory_is_wanted(folder):
    assert in_bash("crawlspool", "cat", "--spool", "rec", folder=folder) == ["records"]
    assert in_bash("crawlspool", "cat", "--spool", "=", "rec", folder=folder) == ["records"]


def test_bash_offers_nothing_where_anything_may_stand(folder):
    assert not in_bash("crawlspool", "send", "--client", "", folder=folder)


def test_bash_offers_the_words_that_the_help_counts_up():
    assert in_bash("crawlspool", "bench", "--ack", "") == ["synced", "written"]
    assert in_bash("crawlspool", "bench", "--modes", "batches,http-n") == ["batches,http-ndjson"]


def test_bash_offers_every_key_of_the_configuration():
    assert in_bash("crawlspoold", "--set", "") == [f"{key}=" for key in configuration_keys()]


def in_fish(*words):
    if not shutil.which("fish"):
        pytest.skip("fish is not installed")
    script = f"source {shlex.quote(str(completion(words[0], 'fish')))}; complete -C {shlex.quote(' '.join(words))}"
    shown = subprocess.run(["fish", "--no-config", "-c", script], capture_output=True, check=True, text=True)
    assert not shown.stderr
    return {line.split("\t")[0] for line in shown.stdout.splitlines()}


@pytest.mark.parametrize("command", commands(), ids=name_of)
def test_fish_offers_a_commands_options_and_the_programs(command):
    names = option_names(command) | option_names(helped(command.path[0]))
    assert in_fish(*command.path, "--") == {name for name in names if name.startswith("--")}


@pytest.mark.parametrize("command", [one for one in commands() if one.subcommands], ids=name_of)
def test_fish_offers_the_subcommands(command):
    assert in_fish(*command.path, "") == {below.path[-1] for below in command.subcommands}


@pytest.fixture(scope="module")
def zsh(tmp_path_factory):
    if not shutil.which("zsh"):
        pytest.skip("zsh is not installed")
    folder = tmp_path_factory.mktemp("zsh")
    for program in PROGRAMS:
        shutil.copy(completion(program, "zsh"), folder / f"_{program}")
    with Zsh(folder) as shell:
        yield shell


@pytest.mark.parametrize("command", commands(), ids=name_of)
def test_zsh_offers_a_commands_options(zsh, command):
    offered = zsh.offered(f"{name_of(command)} -")
    assert set(re.findall(r"(?<!\S)--?[a-zA-Z][a-z-]*(?!\S)", offered)) == option_names(command)


@pytest.mark.parametrize("command", [one for one in commands() if one.subcommands], ids=name_of)
def test_zsh_offers_the_subcommands(zsh, command):
    offered = zsh.offered(f"{name_of(command)} ")
    for below in command.subcommands:
        assert re.search(rf"^{below.path[-1]} +-- ", offered, re.MULTILINE), offered
