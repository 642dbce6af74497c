"""The unit files are sound, hardened, and true to what the daemon is."""

import re
import shutil
import subprocess

import pytest

from daemon import CRAWLSPOOLD, ROOT, run_daemon

UNITS = ROOT / "systemd"
SOCKETS = {"crawlspoold.socket": "stream", "crawlspoold-http.socket": "http", "crawlspoold-admin.socket": "admin"}
# Off by default: the entry that each wants.
OPTIONAL = {"crawlspoold-lines.socket": ("lines", "tcp://127.0.0.1:8943"),
            "crawlspoold-redis.socket": ("redis", "tcp://127.0.0.1:8944"),
            "crawlspoold-datagrams.socket": ("datagrams", "udp://127.0.0.1:8945"),
            "crawlspoold-unix.socket": ("stream", "unix:///run/crawlspool/stream.sock")}
EXPOSURE_MAX = 5  # tenths, of 100: Debian's redis has 12, its nginx 96

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, check=False)


def values(unit, key):
    """All of a key, in order."""
    return re.findall(rf"^{key}=(.*)$", (UNITS / unit).read_text(encoding="utf-8"), re.MULTILINE)


def test_systemd_finds_nothing_wrong_with_them(tmp_path):
    for path in [UNITS / "crawlspoold.service", *map(UNITS.joinpath, [*SOCKETS, *OPTIONAL])]:
        text = path.read_text(encoding="utf-8").replace("/usr/bin/crawlspoold", CRAWLSPOOLD)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    result = analyze("verify", "--man=no", *sorted(tmp_path.iterdir()))
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_mistake_in_them_is_found(tmp_path):
    unit = tmp_path / "crawlspoold.service"
    unit.write_text("[Service]\nExecStart=/bin/true\nPrivateNetwrk=yes\n", encoding="ascii")
    assert "PrivateNetwrk" in analyze("verify", "--man=no", unit).stderr


def test_the_service_is_exposed_as_little_as_may_be():
    result = analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX}", UNITS / "crawlspoold.service")
    print(result.stdout.strip().splitlines()[-1])
    assert result.returncode == 0, result.stdout


def test_it_has_no_network_of_its_own():
    assert values("crawlspoold.service", "PrivateNetwork") == ["yes"]
    assert values("crawlspoold.service", "RestrictAddressFamilies") == ["AF_UNIX"]


def test_each_port_has_its_socket_by_name_and_default_address():
    assert values("crawlspoold.service", "Sockets") == [" ".join(SOCKETS)]
    defaults = run_daemon("--print-config").stdout
    for unit, name in SOCKETS.items():
        assert values(unit, "FileDescriptorName") == [name]
        assert values(unit, "Service") == ["crawlspoold.service"]
        assert f'{name}: ["tcp://{values(unit, "ListenStream")[0]}"]' in defaults


@pytest.mark.parametrize("unit", OPTIONAL)
def test_a_port_that_is_off_by_default_is_sound_and_says_its_entry(unit):
    name, entry = OPTIONAL[unit]
    assert values(unit, "FileDescriptorName") == [name] and values(unit, "Service") == ["crawlspoold.service"]
    scheme, address = entry.split("://")
    assert values(unit, "ListenDatagram" if scheme == "udp" else "ListenStream") == [address]
    assert f'add "{entry}" to listen.{name}' in (UNITS / unit).read_text(encoding="utf-8")
    assert run_daemon("--check", "--set", f'listen.{name}=["{entry}"]').returncode == 0
    # Named there, it would be started with the service.
    assert unit not in values("crawlspoold.service", "Sockets")[0] + values("crawlspoold.service", "Also")[0]


def test_every_socket_unit_is_one_of_these():
    assert {path.name for path in UNITS.glob("*.socket")} == {*SOCKETS, *OPTIONAL}


def test_who_connects_to_a_unix_socket_can_be_known():
    """In a user namespace of its own every peer would be 65534."""
    assert values("crawlspoold.service", "PrivateUsers") == []
    assert values("crawlspoold-unix.socket", "SocketMode") == ["0660"] and values("crawlspoold-unix.socket", "SocketGroup")


def test_a_bad_file_fails_the_reload_before_the_daemon_hears_of_it():
    check, hangup = values("crawlspoold.service", "ExecReload")
    assert check.endswith("crawlspoold --check") and "kill -HUP" in hangup


def test_it_gives_up_where_a_new_start_would_not_help():
    assert values("crawlspoold.service", "RestartPreventExitStatus") == ["64 78"]


def test_a_drain_has_the_time_that_it_is_promised():
    drain = re.search(r"drain: (\d+)s", run_daemon("--print-config").stdout)
    assert int(values("crawlspoold.service", "TimeoutStopSec")[0].rstrip("s")) > int(drain[1])


def test_every_line_that_hardens_has_a_reason_above_it():
    paragraph_has_reason = False
    service = (UNITS / "crawlspoold.service").read_text(encoding="utf-8").split("[Service]\n")[1].split("[Install]")[0]
    for line in service.splitlines():
        if not line:
            paragraph_has_reason = False
        elif line.startswith("#"):
            paragraph_has_reason = True
        elif re.match(r"(Protect|Private|Restrict|SystemCall|Capability|NoNew|Lock|Memory|Device|IPAddress|UMask)", line):
            assert paragraph_has_reason, line


def test_the_user_and_the_spool_are_made_as_the_service_wants_them():
    (user,) = values("crawlspoold.service", "User")
    assert f"\nu {user} " in (UNITS / "sysusers.d/crawlspool.conf").read_text(encoding="utf-8")
    writable = [path.lstrip("-") for path in values("crawlspoold.service", "ReadWritePaths")[0].split()]
    made = (UNITS / "tmpfiles.d/crawlspool.conf").read_text(encoding="utf-8")
    for path in writable:
        assert re.search(rf"^d {path} 0750 {user} {user}", made, re.MULTILINE), path
