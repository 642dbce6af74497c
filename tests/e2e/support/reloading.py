"""A configuration file that changes while the daemon runs. What Daemon sets by --set wins over it, as on any command
line, so that a file need only have the keys that a test is about."""

import json
import os
import signal

from waiting import wait_until


class ConfigFile:
    """Keys by their dotted names, with values as YAML."""

    def __init__(self, path, values=None):
        self.path = path
        self.write(values or {})

    @property
    def args(self):
        return ["-c", str(self.path)]

    def write(self, values):
        sections = {}
        for key, value in values.items():
            section, leaf = key.split(".")
            sections.setdefault(section, []).append(f"  {leaf}: {value}\n")
        self.write_text("".join(f"{section}:\n" + "".join(lines) for section, lines in sections.items()))

    def write_text(self, text):
        """As an editor does it: whoever reads the file sees the old or the new one."""
        beside = self.path.with_suffix(".new")
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, self.path)


def config_state(daemon):
    return daemon.status()["config"]


def hup(daemon):
    """Asks for a reload and waits for its end; what /status then says of it."""
    before = config_state(daemon)["tried"]
    daemon.signal(signal.SIGHUP)
    return wait_until(lambda: (state := config_state(daemon))["tried"] != before and state, "the reload is done")


def reload(daemon, file, values):
    """Puts these keys in force."""
    file.write(values)
    state = hup(daemon)
    assert state["ok"], json.dumps(state)
    return state
