"""zsh: a function a command, each one call of _arguments."""

import re

from values import Kind, kind


def quoted(text):
    """Inside '…', where [ ] and : mean something to _arguments."""
    return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''")


def action(option, keys):
    what = kind(option)
    words = " ".join(option.choices())
    return {
        Kind.FILE: "_files",
        Kind.DIRECTORY: "_files -/",
        Kind.SETTING: f"compadd -S = -- {' '.join(keys)}",
        Kind.CHOICE: f"({words})",
        Kind.CHOICES: f"_values -s , mode {words}",
    }.get(what, " ")


def specification(option, keys):
    names = option.names[0] if len(option.names) == 1 else "{" + ",".join(option.names) + "}"
    shut = "'" if len(option.names) == 1 else "'(" + " ".join(option.names) + ")'"
    if kind(option) is Kind.SETTING:
        shut = "'*"  # may be repeated
    text = f"[{quoted(option.text)}]"
    if kind(option) is not Kind.FLAG:
        text += f":{quoted(option.value)}:{action(option, keys)}"
    if len(option.names) == 1:
        return f"{shut}{names}{text}'"
    return f"{shut}{names}'{text}'"


def function_name(command):
    return "_" + "_".join(command.path).replace("-", "_")


def function(command, keys):
    lines = [f"{function_name(command)}() {{"]
    specifications = [specification(option, keys) for option in command.options]
    if command.subcommands:
        lines += ["  local curcontext=$curcontext context state line", "  typeset -A opt_args"]
        specifications += ["'1:command:->command'", "'*::argument:->argument'"]
    elif "FILE" in command.positionals:
        specifications.append("'*:file:_files'")
    lines.append("  _arguments -C \\\n" + " \\\n".join(f"    {one}" for one in specifications))
    if command.subcommands:
        described = "\n".join(f"        '{below.path[-1]}:{quoted(below.text)}'" for below in command.subcommands)
        calls = "\n".join(f"        {below.path[-1]}) {function_name(below)} ;;" for below in command.subcommands)
        lines += ["  case $state in", "    command)", "      local -a commands=(", described, "      )",
                  "      _describe command commands", "      ;;", "    argument)", "      case $line[1] in", calls,
                  "      esac", "      ;;", "  esac"]
    return "\n".join([*lines, "}"])


def completion(program, keys):
    name = program.path[0]
    functions = "\n\n".join(function(command, keys) for command in reversed(program.all_commands()))
    return f"#compdef {name}\n# Made from {name} --help.\n\n{functions}\n\n{function_name(program)} \"$@\"\n"
