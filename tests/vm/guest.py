"""Runs inside the machine, as root, once it has booted: installs the package and looks at the service under the real
systemd. Each check is a function; their order is the story of one installation."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import traceback

from load import Load
from machine import UNIT, install, journal, main_pid, process_status, run, show, wait_until

CONFIG = "/etc/crawlspool/crawlspoold.yaml"
EXPOSURE_MAX = 0.5  # systemd-analyze security
RESTARTS = 5
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def status():
    return json.loads(run("crawlspool", "status", "--json").stdout)


def rewrite_config(old, new):
    with open(CONFIG, encoding="utf-8") as file:
        text = file.read()
    assert old in text
    with open(CONFIG, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))


@check
def installed_it_is_ready():
    install("one.deb")
    assert show("Type") == "notify" and show("ActiveState") == "active", f"{show('Type')} {show('ActiveState')}"
    assert run("systemctl", "is-enabled", UNIT, check=False).stdout.strip() == "enabled"
    assert status()["state"] == "ok"
    return f"active after READY, {show('StatusText')!r}"


@check
def the_sandbox_is_in_force():
    process = process_status()
    assert int(process["CapEff"], 16) == 0 and int(process["CapBnd"], 16) == 0
    assert process["Seccomp"] == "2" and process["NoNewPrivs"] == "1"
    assert process["Uid"].split()[0] != "0"
    assert os.readlink(f"/proc/{main_pid()}/ns/net") != os.readlink("/proc/1/ns/net"), "it has the machine's network"
    said = run("systemd-analyze", "--no-pager", "security", UNIT).stdout
    exposure = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)[1])
    assert exposure <= EXPOSURE_MAX, said
    return f"no capability, seccomp mode 2, a network of its own, exposure {exposure}"


@check
def a_reload_takes_a_good_file():
    pid = main_pid()
    rewrite_config("connections_max: 10000", "connections_max: 77")
    run("systemctl", "reload", UNIT)
    wait_until(lambda: "connections_max" in journal("--since=-60s"), "a word about the changed key")
    assert main_pid() == pid and status()["state"] == "ok"
    return "and says what has changed"


@check
def a_reload_refuses_a_bad_file():
    pid = main_pid()
    rewrite_config("connections_max: 77", "connections_max: many")
    reload = run("systemctl", "reload", UNIT, check=False)
    rewrite_config("connections_max: many", "connections_max: 10000")
    assert reload.returncode != 0, "the reload did not fail"
    assert main_pid() == pid and show("ActiveState") == "active" and status()["state"] == "ok"
    run("systemctl", "reload", UNIT)
    return "systemctl fails, the service goes on"


@check
def restarts_under_load_refuse_and_lose_nothing():
    with Load("restarts") as load:
        for _ in range(RESTARTS):
            time.sleep(1)
            run("systemctl", "restart", UNIT)
        time.sleep(1)
    return f"{RESTARTS} restarts: {load.check()}"


@check
def an_upgrade_under_load_refuses_and_loses_nothing():
    pid = main_pid()
    with Load("upgrade") as load:
        time.sleep(1)
        install("two.deb")
        wait_until(lambda: show("ActiveState") == "active", "the new version")
        time.sleep(1)
    assert main_pid() != pid, "the old version goes on"
    return load.check()


@check
def a_stopped_process_is_restarted_by_the_watchdog():
    pid, restarts, begun = main_pid(), int(show("NRestarts")), time.monotonic()
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: int(show("NRestarts")) > restarts and show("ActiveState") == "active", "the watchdog", 180)
    assert main_pid() not in (0, pid)
    assert "watchdog" in journal("--since=-300s").lower()
    with Load("watchdog") as load:
        time.sleep(1)
    return f"after {time.monotonic() - begun:.0f} s (WatchdogSec={show('WatchdogUSec')}); {load.check()}"


@check
def a_kill_under_load_loses_nothing():
    with Load("kill") as load:
        time.sleep(1)
        restarts = int(show("NRestarts"))
        os.kill(main_pid(), signal.SIGKILL)
        wait_until(lambda: int(show("NRestarts")) > restarts and show("ActiveState") == "active", "a new start")
        time.sleep(1)
    return load.check()


@check
def a_stop_is_clean():
    run("systemctl", "stop", "crawlspoold.socket", "crawlspoold-http.socket", "crawlspoold-admin.socket", UNIT)
    assert show("Result") == "success" and show("ExecMainStatus") == "0"
    run("crawlspool", "verify")
    return "and the spool is sound"


@check
def a_purge_keeps_the_spool():
    run("dpkg", "--purge", "crawlspool")
    assert run("systemctl", "cat", UNIT, check=False).returncode != 0
    assert os.path.exists("/var/spool/crawlspool/current.ndjson")
    assert not run("systemctl", "--failed", "--no-legend").stdout.strip()
    return "and leaves no unit behind"


def say(text):
    print(f"vm: {text}", flush=True)


def main():
    failed = []
    for function in CHECKS:
        name = function.__name__.replace("_", " ")
        try:
            say(f"{name}: {function()}")
        except (AssertionError, OSError, subprocess.SubprocessError):
            failed.append(name)
            say(f"FAILED: {name}")
            traceback.print_exc()
            print(journal("-n", "30"), flush=True)
    say("all is well" if not failed else f"{len(failed)} of {len(CHECKS)} checks failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
