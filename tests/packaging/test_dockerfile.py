"""What can be seen of the Dockerfile without building it; ./dev docker-test builds and runs it."""

import re
import subprocess

from dockerfile import instructions
from packaged import PROGRAMS, SOURCE

INSTRUCTIONS = instructions(SOURCE / "Dockerfile")
IMAGE = INSTRUCTIONS[max(at for at, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM"):]
# Debian's minimal system has these; the sanitizers' are not shipped.
NOT_INSTALLED = re.compile(r"libc6|libgcc-s1|libstdc\+\+6|lib(asan|ubsan|tsan)\d+")


def packages_of_libraries(program):
    """The Debian packages of the libraries that the program itself was linked with."""
    def output(*command):
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout

    needed = re.findall(r"NEEDED +(\S+)", output("objdump", "-p", program))
    paths = dict(re.findall(r"(\S+) => (\S+)", output("ldd", program)))
    # /lib and /usr/lib are the same, and dpkg knows either.
    owners = output("dpkg", "-S", *("*" + paths[name].removeprefix("/usr") for name in needed if name in paths))
    return {line.split(":")[0] for line in owners.splitlines()}


def test_the_image_has_the_libraries_that_the_programs_need_and_no_other():
    wanted = set().union(*map(packages_of_libraries, PROGRAMS.values()))
    install = next(rest for word, rest in IMAGE if word == "RUN")
    installed = re.search(r"--no-install-recommends((?: +[a-z]\S+)+)", install)[1].split()
    assert set(installed) == {name for name in wanted if not NOT_INSTALLED.fullmatch(name)}


def test_it_does_not_run_as_root():
    assert int(dict(IMAGE)["USER"].split(":")[0]) > 0


def test_the_spool_is_a_volume_and_its_user_the_runs():
    image = dict(IMAGE)
    assert image["VOLUME"] == "/var/spool/crawlspool"
    assert f"--uid {image['USER'].split(':')[0]} " in image["RUN"]


def test_it_can_be_asked_for_its_health_and_is_stopped_by_term():
    image = dict(IMAGE)
    assert "crawlspool" in image["HEALTHCHECK"]
    assert image["STOPSIGNAL"] == "SIGTERM"
