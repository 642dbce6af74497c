"""fish: one line an option or subcommand, each with the condition under which it is offered."""

from values import Kind, kind


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def condition(command):
    """True where this command is the one whose argument is being typed."""
    seen = [f"__fish_seen_subcommand_from {word}" for word in command.path[1:]]
    if command.subcommands:
        seen.append("not __fish_seen_subcommand_from " + " ".join(below.path[-1] for below in command.subcommands))
    return "; and ".join(seen)


def what_follows(option, keys):
    what = kind(option)
    if what is Kind.FILE:
        return "-r -F"
    if what is Kind.DIRECTORY:
        return "-x -a '(__fish_complete_directories)'"
    words = [f"{key}=" for key in keys] if what is Kind.SETTING else option.choices()
    return "-x" + (f" -a {quoted(' '.join(words))}" if words else "")


def option_line(command, option, keys):
    words = [f"complete -c {command.path[0]}"]
    if command.path[1:]:  # the program's own options stand anywhere
        words.append(f"-n {quoted(condition(command))}")
    words += [f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names]
    if kind(option) is not Kind.FLAG:
        words.append(what_follows(option, keys))
    return " ".join([*words, f"-d {quoted(option.text)}"])


def command_lines(command, keys):
    name = command.path[0]
    lines = [f"complete -c {name} -n {quoted(condition(command))} -a {below.path[-1]} -d {quoted(below.text)}"
             for below in command.subcommands]
    lines += [option_line(command, option, keys) for option in command.options]
    if "FILE" in command.positionals:
        lines.append(f"complete -c {name} -n {quoted(condition(command))} -F")
    return lines


def completion(program, keys):
    lines = [f"# fish completion for {program.path[0]}, made from its --help.", f"complete -c {program.path[0]} -f"]
    for command in program.all_commands():
        lines += command_lines(command, keys)
    return "\n".join(lines) + "\n"
