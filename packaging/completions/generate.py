"""The shells' completions for one program, made from what its --help says.

Usage: generate.py PROGRAM CONFIG-FILE bash|zsh|fish >COMPLETION

CONFIG-FILE is config/crawlspoold.yaml, whose keys complete KEY=VALUE."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import bash  # noqa: E402
import config_file  # noqa: E402
import fish  # noqa: E402
import help_text  # noqa: E402
import zsh  # noqa: E402

SHELLS = {"bash": bash, "zsh": zsh, "fish": fish}


def main(program, config, shell):
    command = help_text.read(program, [Path(program).name])
    sys.stdout.write(SHELLS[shell].completion(command, config_file.read(config).key_names()))


if __name__ == "__main__":
    main(*sys.argv[1:])
