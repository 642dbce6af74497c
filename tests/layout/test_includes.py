"""Dependencies point one way: what each folder may include, and where a library's header may appear."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Each folder of sources and what it may use, from the lowest to the highest: a folder uses none that stands behind it.
BASE = {"daemon/base", "proto", "config"}
SPOOL = {f"daemon/spool/{name}" for name in
         ("storage", "lines", "compressed", "control", "read", "recovery", "repair", "write")}
# What happens to a record between its input and the spool.
RECORDS = {"daemon/auth", "daemon/json", "daemon/session", "daemon/commit", "daemon/intake"}
# Each input is a folder; none uses another.
INPUTS = {str(path.parent.relative_to(ROOT)) for path in ROOT.glob("daemon/inputs/*/CMakeLists.txt")}
# What each subcommand may use.
COMMAND = {"cli/common", "clients/cpp"}
MAY_USE = {
    "daemon/base": set(),
    "proto": {"daemon/base"},
    "config": {"daemon/base", "proto"},
    "clients/cpp": {"daemon/base", "proto"},
    "daemon/auth": BASE,
    "daemon/net": BASE,
    "daemon/spool/storage": BASE,
    "daemon/spool/lines": BASE | {"daemon/spool/storage"},
    "daemon/spool/compressed": BASE | {"daemon/spool/storage", "daemon/spool/lines"},
    "daemon/spool/control": BASE | {"daemon/spool/storage", "daemon/spool/lines"},
    "daemon/spool/read": BASE | SPOOL - {"daemon/spool/recovery", "daemon/spool/repair", "daemon/spool/write"},
    "daemon/spool/recovery": BASE | SPOOL - {"daemon/spool/repair", "daemon/spool/write"},
    "daemon/spool/repair": BASE | SPOOL - {"daemon/spool/write"},
    "daemon/spool/write": BASE | SPOOL - {"daemon/spool/repair"},
    "daemon/json": BASE,
    "daemon/session": BASE | SPOOL,
    "daemon/commit": BASE | SPOOL | {"daemon/session"},
    "daemon/intake": BASE | SPOOL | {"daemon/auth", "daemon/json", "daemon/session", "daemon/commit"},
    "daemon/connection": BASE | SPOOL | RECORDS | {"daemon/net"},
    "daemon/dialog": BASE | SPOOL | RECORDS | {"daemon/connection"},
    **{folder: BASE | SPOOL | RECORDS | {"daemon/connection", "daemon/dialog"} for folder in INPUTS},
    # Has no connections, and so a socket of its own.
    "daemon/inputs/datagrams": BASE | SPOOL | RECORDS | {"daemon/net", "daemon/connection"},
    # The only one that knows every input.
    "daemon/inputs": BASE | SPOOL | RECORDS | {"daemon/net", "daemon/connection"} | INPUTS,
    "daemon/admin": BASE | SPOOL | RECORDS | {"daemon/net", "daemon/connection", "daemon/inputs/http"},
    "daemon/server": BASE | SPOOL | RECORDS | {"daemon/net", "daemon/connection", "daemon/inputs", "daemon/inputs/http",
                                               "daemon/admin"},
    "daemon": BASE | {"daemon/server"},
    "cli/common": BASE | SPOOL | {"clients/cpp", "daemon/json"},
    "cli/bench": BASE | COMMAND,
    "cli/doctor": BASE | SPOOL | COMMAND,
    "cli/read": BASE | SPOOL | COMMAND,
    "cli/rejected": BASE | SPOOL | COMMAND,
    "cli/send": BASE | SPOOL | COMMAND | {"daemon/json"},
    "cli/token": BASE | {"cli/common", "daemon/auth"},
    "cli/top": BASE | COMMAND,
    "cli": BASE | {"cli/common", "cli/bench", "cli/doctor", "cli/read", "cli/rejected", "cli/send", "cli/token",
                   "cli/top"},
}
# A library's header and the only place that may include it.
ONLY_IN = {
    "uv.h": r"daemon/net/[a-z_]+\.cpp",
    "simdjson.h": r"daemon/json/record_checker\.cpp",
    "libdeflate.h": r"daemon/spool/lines/line\.cpp",
    "zstd.h": r"(daemon/(spool/compressed/block_codec|intake/content_streams)|clients/cpp/batch_compressor)\.cpp",
    "iconv.h": r"daemon/intake/charset_table\.cpp",
    "zlib.h": r"daemon/intake/content_streams\.cpp",
    "libmount.h": r"cli/doctor/disk\.cpp",
    "openssl/ssl.h": r"(cli/common/(channel|tls)|daemon/net/tls_(context|stream))\.cpp",
    "systemd/sd-daemon.h": r"daemon/server/(service_manager|inherited_sockets)\.cpp",
    "sha2.h": r"daemon/base/sha256\.cpp",
    "prometheus/text_serializer.h": r"daemon/admin/metrics\.cpp",
    "yaml-cpp/yaml.h": r"config/[a-z_]+\.cpp",
}


def sources(folder):
    return sorted(path for path in (ROOT / folder).glob("*") if path.suffix in (".h", ".cpp"))


def includes(path):
    return re.findall(r'^#include ["<]([^">]+)[">]', path.read_text(encoding="utf-8"), re.MULTILINE)


def folders():
    """The folders that hold sources."""
    return {str(path.parent.relative_to(ROOT)) for top in ("proto", "config", "clients/cpp", "daemon", "cli")
            for path in (ROOT / top).rglob("*") if path.suffix in (".h", ".cpp")}


def test_every_folder_is_in_the_table_and_no_other():
    assert folders() == set(MAY_USE)


def test_no_folder_uses_one_that_stands_behind_it():
    lower = set()
    for folder, used in MAY_USE.items():
        assert used - {folder} <= lower, folder
        lower.add(folder)


@pytest.mark.parametrize("folder", MAY_USE)
def test_a_folder_includes_only_what_it_may_use(folder):
    for path in sources(folder):
        for include in includes(path):
            used = str(Path(include).parent)
            if used in MAY_USE and used != folder:
                assert used in MAY_USE[folder], f"{path.relative_to(ROOT)} includes {include}"


@pytest.mark.parametrize("header", ONLY_IN)
def test_a_library_shows_in_one_place_only(header):
    users = [str(path.relative_to(ROOT)) for folder in MAY_USE for path in sources(folder) if header in includes(path)]
    assert users, "nobody includes it any more"
    assert not [user for user in users if not re.fullmatch(ONLY_IN[header], user)]


def test_one_file_alone_includes_every_input():
    """An input is a folder: what is added for one besides is a row in proto/inputs.h and one in daemon/inputs."""
    users = {}
    for folder in MAY_USE:
        for path in sources(folder):
            used = {str(Path(include).parent) for include in includes(path)} & INPUTS - {folder}
            if len(used) > 1:
                users[str(path.relative_to(ROOT))] = used
    assert users == {"daemon/inputs/inputs.cpp": INPUTS}
