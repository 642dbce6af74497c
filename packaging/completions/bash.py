"""bash: tables of what each command knows, and one function that looks things up in them."""

from values import Kind, kind

FUNCTION = """
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} path=@NAME@ word value
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ " ${commands[$path]-} " == *" $word "* ]]; then path+=" $word"; fi
  done
  # --option=value comes as three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  value=${values[$path $previous]:-${values[@NAME@ $previous]-}}
  COMPREPLY=()
  case $value in
    FILE) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    DIRECTORY) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    SETTING) compopt -o nospace 2>/dev/null; mapfile -t COMPREPLY < <(compgen -S = -W "$keys" -- "$current") ;;
    CHOICE\\ *) mapfile -t COMPREPLY < <(compgen -W "${value#* }" -- "$current") ;;
    CHOICES\\ *)
      local begun=
      if [[ $current == *,* ]]; then begun=${current%,*},; fi
      mapfile -t COMPREPLY < <(compgen -P "$begun" -W "${value#* }" -- "${current##*,}")
      ;;
    OTHER) ;;
    *)
      if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${options[$path]-} ${options[@NAME@]-}" -- "$current")
      elif [[ -n ${commands[$path]-} ]]; then
        mapfile -t COMPREPLY < <(compgen -W "${commands[$path]-}" -- "$current")
      elif [[ -n ${files[$path]-} ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
      fi
      ;;
  esac
}
"""


def table(name, entries):
    lines = [f"  local -A {name}=("]
    lines += [f"    ['{key}']='{value}'" for key, value in entries if value]
    return [*lines, "  )"]


def values(command):
    """("crawlspool send --server", what follows it) for each name of an option that wants something."""
    for option in command.options:
        what = kind(option)
        if what is not Kind.FLAG:
            for name in option.names:
                yield " ".join([*command.path, name]), " ".join([what.name, *option.choices()])


def completion(program, keys):
    name = program.path[0]
    every = program.all_commands()
    lines = [f"# bash completion for {name}, made from its --help.", f"_{name}() {{"]
    lines += table("commands", [(" ".join(one.path), " ".join(below.path[-1] for below in one.subcommands))
                                for one in every])
    lines += table("options", [(" ".join(one.path), " ".join(word for option in one.options for word in option.names))
                               for one in every])
    lines += table("values", [entry for one in every for entry in values(one)])
    lines += table("files", [(" ".join(one.path), "FILE" in one.positionals and "yes") for one in every])
    if any(kind(option) is Kind.SETTING for one in every for option in one.options):
        lines.append(f"  local keys='{' '.join(keys)}'")
    return "\n".join(lines) + FUNCTION.replace("@NAME@", name) + f"complete -F _{name} {name}\n"
