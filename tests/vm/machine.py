"""What the checks ask of the machine: its systemd, its packages, its processes."""

import subprocess
import time

UNIT = "crawlspoold.service"


def run(*command, check=True):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    assert not check or done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}: {done.stdout}"
    return done


def show(name):
    """A property of the unit."""
    return run("systemctl", "show", "--property", name, "--value", UNIT).stdout.strip()


def main_pid():
    return int(show("MainPID"))


def process_status():
    with open(f"/proc/{main_pid()}/status", encoding="ascii") as lines:
        return dict(line.rstrip("\n").split(":\t", 1) for line in lines if ":\t" in line)


def wait_until(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.1)


def journal(*arguments):
    return run("journalctl", "--no-pager", "--output=cat", "--unit", UNIT, *arguments, check=False).stdout


def install(deb):
    return run("env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--install", deb).stdout
