"""An interactive zsh on a terminal of its own: the only place where its completions can be asked."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

SETUP = ("PROMPT=; fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; "
         "unsetopt menu_complete auto_menu prompt_sp zle_bracketed_paste; LISTMAX=9999; setopt auto_list "
         "no_list_ambiguous; zstyle ':completion:*' list-grouped no; bindkey '^X' list-choices; bindkey '^G' send-break")
ANSWER_TIMEOUT_S = 30


class Zsh:
    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvpe("zsh", ["zsh", "-f", "-i"], {"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": str(self.folder)})
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 1000, 250, 0, 0))
        self.run(SETUP.format(folder=self.folder))
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)

    def run(self, command):
        os.write(self.terminal, f"{command}; print 'DO''NE'\n".encode())
        return self.read_until("DONE")

    def offered(self, line):
        """What is listed behind the typed line."""
        os.write(self.terminal, line.encode() + b"\x18\x07")
        return self.run(":")

    def read_until(self, mark):
        shown, deadline = "", time.monotonic() + ANSWER_TIMEOUT_S
        while mark not in shown:
            assert select.select([self.terminal], [], [], max(0, deadline - time.monotonic()))[0], shown
            shown += os.read(self.terminal, 65536).decode()
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\x07", "", shown)
