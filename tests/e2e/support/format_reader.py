"""Reads a spool as FORMAT.md describes it: the lines that prove themselves, in order of position. Needs Python's
standard library, and the zstd command for compressed segments. Usage: format_reader.py DIRECTORY"""
import os
import re
import subprocess
import sys
import zlib


def segments(directory):
    found = {}
    for name in os.listdir(directory):
        match = re.fullmatch(r"(\d{20})\.ndjson(\.zst|\.open)?", name)
        if match and (int(match[1]) not in found or match[2] != ".open"):
            found[int(match[1])] = name
    return sorted(found.items())


def content(path):
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dcq", path], stdout=subprocess.PIPE, check=False).stdout
    with open(path, "rb") as file:
        return file.read()


def lines(directory):
    for position, name in segments(directory):
        *whole, _ = content(os.path.join(directory, name)).split(b"\n")
        for line in whole:
            if line.strip(b" ") and line[-10:] == b'%08x"}' % zlib.crc32(line[:-20]):
                yield position, line
            elif line.strip(b" "):
                print(f"position {position}: {len(line) + 1} bytes damaged", file=sys.stderr)
            position += len(line) + 1


if __name__ == "__main__":
    for _, proven in lines(sys.argv[1]):
        sys.stdout.buffer.write(proven + b"\n")
