"""Dependencies point one way: what each folder may include, and where a library's header may appear."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Each folder and those below it that it may use.
MAY_USE = {
    "daemon/base": set(),
    "proto": {"daemon/base"},
    "config": {"daemon/base"},
    "daemon/net": {"daemon/base", "proto", "config"},
    "daemon/spool": {"daemon/base", "proto", "config"},
    "daemon/ingest": {"daemon/base", "proto", "config", "daemon/net", "daemon/spool"},
    "daemon/http": {"daemon/base", "proto", "config", "daemon/net", "daemon/spool", "daemon/ingest"},
    "daemon/server": {"daemon/base", "proto", "config", "daemon/net", "daemon/spool", "daemon/ingest", "daemon/http"},
    "clients/cpp": {"daemon/base", "proto"},
    "cli/bench": {"daemon/base", "proto", "clients/cpp"},
    "cli": {"daemon/base", "proto", "config", "daemon/spool", "daemon/ingest", "clients/cpp", "cli/bench"},
}
# Of a folder that another may use, the only headers.
ONLY_HEADERS = {("cli", "daemon/ingest"): {"daemon/ingest/record_checker.h"}}
# A library's header and the only place that may include it.
ONLY_IN = {
    "uv.h": r"daemon/net/[a-z_]+\.cpp",
    "simdjson.h": r"daemon/ingest/record_checker\.cpp",
    "libdeflate.h": r"daemon/spool/line\.cpp",
    "zstd.h": r"(daemon/(spool/frame_(decoder|encoder)|ingest/content_streams)|clients/cpp/batch_packer)\.cpp",
    "zlib.h": r"daemon/ingest/content_streams\.cpp",
    "systemd/sd-daemon.h": r"daemon/server/(service_manager|inherited_sockets)\.cpp",
    "sha2.h": r"daemon/ingest/session_key\.cpp",
    "prometheus/text_serializer.h": r"daemon/server/metrics\.cpp",
    "yaml-cpp/yaml.h": r"config/[a-z_]+\.cpp",
}


def sources(folder):
    return sorted(path for path in (ROOT / folder).glob("*") if path.suffix in (".h", ".cpp"))


def includes(path):
    return re.findall(r'^#include ["<]([^">]+)[">]', path.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("folder", MAY_USE)
def test_a_folder_includes_only_what_lies_below_it(folder):
    assert sources(folder), "the folder is gone"
    for path in sources(folder):
        for include in includes(path):
            used = str(Path(include).parent)
            if used in MAY_USE and used != folder:
                allowed = used in MAY_USE[folder] and include in ONLY_HEADERS.get((folder, used), {include})
                assert allowed, f"{path.relative_to(ROOT)} includes {include}"


@pytest.mark.parametrize("header", ONLY_IN)
def test_a_library_shows_in_one_place_only(header):
    users = [str(path.relative_to(ROOT)) for folder in MAY_USE for path in sources(folder) if header in includes(path)]
    assert users, "nobody includes it any more"
    assert not [user for user in users if not re.fullmatch(ONLY_IN[header], user)]
