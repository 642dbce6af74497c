#!/usr/bin/python3
"""Writes stream_characters.h: `proto/make_stream_characters.py > proto/stream_characters.h`. The code points that no
stream's name holds (PROTOCOL.md, "Hello"), by the version of Unicode that this Python has. tests/layout compares."""

import sys
import unicodedata

REFUSED = {"Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"}  # Cn is taken: a later version may have given it to a letter


def is_refused(point):
    is_noncharacter = point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF
    return is_noncharacter or unicodedata.category(chr(point)) in REFUSED


def ranges():
    """(first, last) of each run of code points that are refused."""
    found = []
    for point in range(sys.maxunicode + 1):
        if not is_refused(point):
            continue
        if found and found[-1][1] == point - 1:
            found[-1][1] = point
        else:
            found.append([point, point])
    return found


def header():
    found = ranges()
    rows = "\n".join(f"    {{0x{first:04X}, 0x{last:04X}}}," for first, last in found)
    return f"""// Made by make_stream_characters.py from Unicode {unicodedata.unidata_version}: do not edit. The code points that no
// stream's name holds: categories Cc, Cf, Cs, Co, Zs, Zl and Zp, and noncharacters.
#pragma once

#include <array>
#include <cstdint>

namespace crawlspool::proto {{

struct CodePoints {{
  std::uint32_t first;
  std::uint32_t last;
}};

// In rising order, apart from each other.
// clang-format off
inline constexpr std::array<CodePoints, {len(found)}> kNotInStreamNames{{{{
{rows}
}}}};
// clang-format on

}}  // namespace crawlspool::proto
"""


if __name__ == "__main__":
    sys.stdout.write(header())
