"""clang-tidy on what changed since it last found nothing, many files at a time.

    clang_tidy.py BUILD JOBS

BUILD is a configured build directory with compile_commands.json; JOBS is how many run at once. It writes the findings
to standard output and ends with 1 if there were any. Run it in the project's root.

Most of what clang-tidy spends on a file goes into the headers of libraries. So files that are compiled alike, as those of
one library are, are checked together, as one file that includes them. A batch that does not compile, because two of its
files use one name, is halved until its parts do.

The files in build/tidy are named by hashes: of a source, of each of the project's headers it reaches, and of the rules.
One that is there stands for a source that has nothing to find.
"""

import concurrent.futures
import hashlib
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
from typing import NamedTuple

BATCH_FILES = 12
CLEAN = pathlib.Path("build/tidy")
TIDY = "clang-tidy-14"
# The analyzer follows a function's paths less deeply than it could: in full depth it takes five times as long. It is to
# look into the included sources too. Tests are left out: most of what it would follow there is GoogleTest's macros.
ANALYZER = ["-analyzer-config", "mode=shallow", "-analyzer-opt-analyze-headers"]
HEADER_FILTER = r"/(daemon|proto|config|cli|clients|tests)/[^.]*\.(h|cpp)$"
INCLUDE = re.compile(rb'^#include "([^"]*)"', re.MULTILINE)


class Source(NamedTuple):
    """A source file: its path below the root, its key in CLEAN, and the compiler's flags."""

    path: str
    key: str
    flags: tuple[str, ...]


def flags_of(command: str) -> tuple[str, ...]:
    """The flags of a compiler's command: without the programs before them, the output and the source."""
    words = shlex.split(command)
    first = next(i for i, word in enumerate(words) if word.startswith("-"))
    output = words.index("-o")
    return tuple(word for word in words[first:output] if word != "-c")


class Keys:
    """Makes the keys; each file is read once."""

    def __init__(self) -> None:
        version = subprocess.run([TIDY, "--version"], check=True, capture_output=True).stdout
        rules = version + pathlib.Path(".clang-tidy").read_bytes() + pathlib.Path(__file__).read_bytes()
        self._rules = hashlib.sha256(rules).hexdigest()
        self._known: dict[str, tuple[str, list[str]]] = {}

    def _file(self, path: str) -> tuple[str, list[str]]:
        if path not in self._known:
            try:
                content = pathlib.Path(path).read_bytes()
            except FileNotFoundError:  # a header that the build makes
                content = b""
            headers = [name.decode() for name in INCLUDE.findall(content)]
            self._known[path] = hashlib.sha256(content).hexdigest(), headers
        return self._known[path]

    def of(self, path: str, flags: tuple[str, ...]) -> str:
        key = hashlib.sha256(repr((self._rules, flags)).encode())
        reached, pending = {path}, [path]
        while pending:
            name = pending.pop()
            digest, headers = self._file(name)
            key.update(f"{name} {digest}\n".encode())
            new = [header for header in headers if header not in reached]
            reached.update(new)
            pending += new
        return key.hexdigest()


def sources_of(build: pathlib.Path) -> list[Source]:
    """The project's own sources in the order of their paths, without those that a build makes."""
    root, keys, found = pathlib.Path.cwd(), Keys(), {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = pathlib.Path(entry["file"])
        if not path.is_relative_to(root) or path.is_relative_to(root / "build"):
            continue
        name, flags = str(path.relative_to(root)), flags_of(entry["command"])
        found[name] = Source(name, keys.of(name, flags), flags)
    return [found[name] for name in sorted(found)]


def batches_of(sources: list[Source]) -> list[list[Source]]:
    """Up to BATCH_FILES at a time that share the flags; the longest batches first."""
    groups: dict[tuple[bool, tuple[str, ...]], list[Source]] = {}
    for source in sources:
        groups.setdefault((source.path.startswith("tests/"), source.flags), []).append(source)
    batches = [
        group[at : at + BATCH_FILES] for group in groups.values() for at in range(0, len(group), BATCH_FILES)
    ]
    return sorted(batches, key=len, reverse=True)


def tidy(path: str, checks: str, like: Source) -> subprocess.CompletedProcess[str]:
    """A run on the file at `path`, with less than all checks, compiled like that source."""
    command = [TIDY, "--quiet", f"--header-filter={HEADER_FILTER}"]
    if like.path.startswith("tests/"):
        checks += ",-clang-analyzer-*"
    else:
        command += [f"--extra-arg={word}" for option in ANALYZER for word in ("-Xclang", option)]
    command += [f"--checks={checks}", path, "--", f"-I{pathlib.Path.cwd()}", *like.flags]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def check(batch: list[Source]) -> list[str]:
    """What there is to say about these files; those with nothing are remembered."""
    with tempfile.NamedTemporaryFile("w", suffix=".cpp", dir=CLEAN) as whole:
        whole.writelines(f'#include "{source.path}"\n' for source in batch)
        whole.flush()
        run = tidy(whole.name, "-bugprone-suspicious-include", batch[0])
    if run.returncode == 0:
        for source in batch:
            (CLEAN / source.key).touch()
        return []
    if len(batch) > 1 and "clang-diagnostic-error" in run.stdout:
        half = len(batch) // 2
        return check(batch[:half]) + check(batch[half:])
    return [run.stdout or run.stderr]


def main(build: str, jobs: str) -> int:
    CLEAN.mkdir(parents=True, exist_ok=True)
    sources = sources_of(pathlib.Path(build))
    pending = [source for source in sources if not (CLEAN / source.key).exists()]
    if not pending:
        return 0
    batches = batches_of(pending)
    print(f"{len(pending)} of {len(sources)} files, in {len(batches)} batches", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(int(jobs)) as pool:
        for findings in pool.map(check, batches):
            for finding in findings:
                print(finding, flush=True)
                failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
