"""What a package is made of: the needed packages are those that ./dev installs, and everything has its place."""

import os
import re
import subprocess

import pytest

from packaged import MADE, SOURCE

CONTROL = (SOURCE / "packaging" / "debian" / "control").read_text(encoding="utf-8")


def dev_packages(purpose):
    listed = re.search(rf"^readonly {purpose}_packages=\(([^)]*)\)", (SOURCE / "dev").read_text(encoding="utf-8"),
                       re.MULTILINE)
    return set(listed[1].split())


def test_what_the_package_needs_to_be_built_is_what_dev_installs():
    listed = re.search(r"^Build-Depends:\n((?: .*\n)+)", CONTROL, re.MULTILINE)[1]
    named = {re.match(r" ([^\s,:]+)", line)[1] for line in listed.splitlines()}
    provided = {"debhelper-compat": "debhelper", "dh-sequence-installsysusers": "debhelper"}
    taken_for_granted = {"build-essential"}  # by Debian's policy, which wants it left out
    assert ({provided.get(name, name) for name in named} | taken_for_granted
            == dev_packages("build") | dev_packages("deb") - {"lintian"})


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Everything but /etc lies below the prefix."""
    root = tmp_path_factory.mktemp("root")
    subprocess.run(["cmake", "--install", MADE.parent, "--prefix", "/usr"], env=os.environ | {"DESTDIR": str(root)},
                   check=True, capture_output=True)
    return root / "usr"


@pytest.mark.parametrize("path", [
    "bin/crawlspoold", "bin/crawlspool", "etc/crawlspool/crawlspoold.yaml", "etc/logrotate.d/crawlspoold",
    "lib/sysusers.d/crawlspool.conf", "lib/tmpfiles.d/crawlspool.conf",
    "share/man/man1/crawlspool.1", "share/man/man5/crawlspoold.yaml.5", "share/man/man7/crawlspool-protocol.7",
    "share/man/man8/crawlspoold.8",
    "share/bash-completion/completions/crawlspool", "share/bash-completion/completions/crawlspoold",
    "share/zsh/vendor-completions/_crawlspool", "share/zsh/vendor-completions/_crawlspoold",
    "share/fish/vendor_completions.d/crawlspool.fish", "share/fish/vendor_completions.d/crawlspoold.fish",
    "share/doc/crawlspool/PROTOCOL.md", "share/doc/crawlspool/SECURITY.md", "share/doc/crawlspool/examples/monitoring/crawlspool.rules.yaml",
])
def test_a_file_has_its_place(installed, path):
    assert (installed / path).is_file()


def test_every_unit_is_installed(installed):
    units = {path.name for path in (SOURCE / "systemd").iterdir() if path.suffix in (".service", ".socket")}
    assert units and units == {path.name for path in (installed / "lib/systemd/system").iterdir()}


def test_no_port_that_the_configuration_does_not_name_is_started_by_the_package():
    rules = (SOURCE / "packaging/debian/rules").read_text(encoding="utf-8")
    optional = set(re.search(r"^optional_sockets = (.*)$", rules, re.MULTILINE)[1].split())
    assert "dh_installsystemd --no-enable --no-start $(optional_sockets)" in rules
    also = (SOURCE / "systemd/crawlspoold.service").read_text(encoding="utf-8")
    assert optional == {path.name for path in (SOURCE / "systemd").glob("*.socket")
                        if not re.search(rf"^Also=.*\b{re.escape(path.name)}", also, re.MULTILINE)}
    stopped = (SOURCE / "packaging/debian/crawlspool.prerm").read_text(encoding="utf-8")
    assert all(unit in stopped for unit in optional)


def test_the_user_that_the_unit_runs_as_is_made(installed):
    unit = (installed / "lib/systemd/system/crawlspoold.service").read_text(encoding="utf-8")
    users = (installed / "lib/sysusers.d/crawlspool.conf").read_text(encoding="utf-8")
    assert re.search(r"^User=(.*)$", unit, re.MULTILINE)[1] in re.findall(r"^u (\S+)", users, re.MULTILINE)
