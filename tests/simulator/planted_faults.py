#!/usr/bin/python3
"""Plants one fault after the other in the spool's code and sees that the fault simulator finds it.

    planted_faults.py BUILD_DIR [--seeds N] [NAME...]

BUILD_DIR is a Ninja build of this tree in which spool_simulator is built. For each fault one source is copied, changed
and compiled, and linked before the libraries; the tree and the build stay as they are. A text that is to be changed and
is not found exactly once ends the run: a fault that is no longer planted proves nothing. So does a seed that fails
without the fault.
"""

import argparse
import json
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Fault(NamedTuple):
    name: str
    source: str
    old: str
    new: str


FAULTS = [
    Fault(
        "ack_before_sync",
        "daemon/spool/write/segment_writer.cpp",
        "  return segment_->sync_data().and_then(",
        "  return Result<void>{}.and_then(",
    ),
    Fault(
        "no_directory_sync",
        "daemon/spool/write/spool.cpp",
        "  if (auto synced = directory_->sync(); !synced) return synced;\n  writer_ =",
        "  writer_ =",
    ),
    Fault(
        "no_crc_check_in_recovery",
        "daemon/spool/recovery/segment_recovery.cpp",
        "Line line{begin_ + scanned->offset, bytes.size(), check_line(bytes),",
        "auto sound = check_line(bytes);\n"
        '    if (!sound && bytes.ends_with("}\\n")) sound = SoundLine{};\n'
        "    Line line{begin_ + scanned->offset, bytes.size(), sound,",
    ),
    Fault(
        "sync_retried_after_eio",
        "daemon/spool/write/spool.cpp",
        "  const auto synced = writer_->sync().and_then(",
        "  auto first = writer_->sync();\n  if (!first && !base::may_pass(first.error())) first = writer_->sync();\n"
        "  const auto synced = first.and_then(",
    ),
    Fault(
        "last_seq_beyond_a_hole",
        "daemon/spool/recovery/segment_recovery.cpp",
        "      if (position >= report_.known_synced) return {};\n",
        "      if (position >= report_.known_synced) {\n"
        "        for (auto rest = lines.next(); rest && *rest; rest = lines.next())\n"
        "          if ((*rest)->sound) replay_.add(*(*rest)->sound);\n"
        "        return {};\n"
        "      }\n",
    ),
    Fault(
        "compressed_copy_renamed_before_sync",
        "daemon/spool/compressed/segment_compressor.cpp",
        "  if (auto synced = copy_->sync(); !synced) return synced;\n",
        "",
    ),
    Fault(
        "snapshot_renamed_before_sync",
        "daemon/spool/storage/file_system.cpp",
        ".and_then([&] { return file->sync(); })",
        "",
    ),
    Fault(
        "short_write_taken_as_whole",
        "daemon/spool/storage/file_system.cpp",
        "    offset += written;\n",
        "    if (first + count == rest.size()) return {};\n    offset += written;\n",
    ),
    Fault(
        "page_cache_believed",
        "daemon/spool/recovery/segment_recovery.cpp",
        "  segment_.drop_cache();\n",
        "",
    ),
    Fault(
        "durable_written_before_sync",
        "daemon/spool/write/spool.cpp",
        "  const auto synced = writer_->sync().and_then(",
        "  static_cast<void>(durable_mark_->write(position_));\n  const auto synced = writer_->sync().and_then(",
    ),
    Fault(
        "mark_ahead_of_sync",
        "daemon/spool/write/spool.cpp",
        "writer_->append(chunks, first_line_bytes, durable_)",
        "writer_->append(chunks, first_line_bytes, position_)",
    ),
    Fault(
        "numbers_kept_of_what_was_cut",
        "daemon/spool/write/spool.cpp",
        "    position_ = durable_;\n    sessions_.drop_added();\n",
        "    position_ = durable_;\n",
    ),
    Fault(
        "plain_removed_before_compressed_is_durable",
        "daemon/spool/compressed/segment_compressor.cpp",
        "  if (auto synced = directory_.sync(); !synced) return synced;\n",
        "",
    ),
    Fault(
        "snapshot_ahead_of_its_numbers",
        "daemon/spool/write/spool.cpp",
        "  maintenance_->offer_snapshot({durable_, clock_.wall_us(), sessions_.synced()});\n",
        "  maintenance_->offer_snapshot({position_, clock_.wall_us(), sessions_.synced()});\n",
    ),
    Fault(
        "read_error_taken_for_nothing",
        "daemon/spool/recovery/recovery.cpp",
        "    if (losses.failed()) return tl::unexpected(*losses.failed());\n",
        "",
    ),
    Fault(
        "lost_line_break_not_put_back",
        "daemon/spool/recovery/segment_recovery.cpp",
        "  if (last == '\\n') return {};\n",
        "  if (last == '\\n' || !is_short) return {};\n",
    ),
]


def fail(words):
    sys.exit(f"planted_faults: {words}")


def output_of(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


class Build:
    def __init__(self, folder):
        self.folder = folder
        self.healthy = folder / "bin/spool_simulator"
        if not self.healthy.exists():
            fail(f"{self.healthy} is not there: build spool_simulator first")
        self.commands = {
            command["file"]: command for command in json.loads((folder / "compile_commands.json").read_text())
        }
        self.link = output_of("ninja", "-C", str(folder), "-t", "commands", "bin/spool_simulator").splitlines()[-1]

    def plant(self, fault, place):
        """Builds the simulator with the fault; returns it."""
        source = ROOT / fault.source
        text = source.read_text(encoding="utf-8")
        if text.count(fault.old) != 1:
            fail(f"{fault.name}: found {text.count(fault.old)} times in {fault.source}:\n{fault.old}")
        changed = place / source.name
        changed.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
        if str(source) not in self.commands:
            fail(f"{source} is not in {self.folder}/compile_commands.json: a build of another tree?")
        planted_object = place / "planted.o"
        self.run(self.compile_command(source, changed, planted_object))
        simulator = place / "spool_simulator"
        self.run(self.link_command(planted_object, simulator))
        return simulator

    def compile_command(self, source, changed, planted_object):
        arguments = shlex.split(self.commands[str(source)]["command"])
        for option, values in (("-MD", 0), ("-MT", 1), ("-MF", 1)):  # no list of what it depends on
            if option in arguments:
                at = arguments.index(option)
                del arguments[at : at + 1 + values]
        arguments[arguments.index("-o") + 1] = str(planted_object)
        arguments[arguments.index("-c") + 1] = str(changed)
        return arguments

    # An object on the command line comes before the archives, so theirs of the same names is not used.
    def link_command(self, planted_object, simulator):
        arguments = shlex.split(re.sub(r"^: && | && :$", "", self.link))
        arguments[arguments.index("-o") + 1] = str(simulator)
        arguments.insert(arguments.index("-o"), str(planted_object))
        return arguments

    def run(self, command):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            fail(f"{shlex.join(command)}\n{done.stderr}")


def first_red(simulator, seeds):
    """The first seed that fails, and its words; nothing if none does."""
    done = subprocess.run([simulator, "--seeds", str(seeds)], capture_output=True, text=True, check=False)
    found = re.search(r"^seed (\d+): (.*)$", done.stdout, re.MULTILINE)
    if done.returncode == 0:
        return None
    if not found:
        fail(f"the simulator ends with {done.returncode} and names no seed:\n{done.stdout}{done.stderr}")
    return int(found[1]), found[2]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("build", type=Path, metavar="BUILD_DIR")
    arguments.add_argument("--seeds", type=int, default=10_000, help="that each has to be found within")
    arguments.add_argument("names", nargs="*", metavar="NAME", help="these faults only")
    given = arguments.parse_args()
    faults = [fault for fault in FAULTS if not given.names or fault.name in given.names]
    unknown = set(given.names) - {fault.name for fault in faults}
    if unknown:
        fail(f"no such fault: {', '.join(sorted(unknown))}")
    build = Build(given.build.resolve())
    missed = []
    for fault in faults:
        with tempfile.TemporaryDirectory() as place:
            red = first_red(build.plant(fault, Path(place)), given.seeds)
        if red is None:
            missed.append(fault.name)
            print(f"{fault.name}: NOT FOUND within {given.seeds} seeds", flush=True)
            continue
        seed, words = red
        healthy = subprocess.run([build.healthy, "--seed", str(seed)], capture_output=True, text=True, check=False)
        if healthy.returncode != 0:
            fail(f"{fault.name}: seed {seed} fails without it, too: {healthy.stdout.strip()}")
        print(f"{fault.name}: seed {seed}: {words}", flush=True)
    if missed:
        fail(f"not found: {', '.join(missed)}")


if __name__ == "__main__":
    main()
