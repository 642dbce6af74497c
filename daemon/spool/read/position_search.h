// Finds places in a spool: its ends, its last lines, a time. Works beside a running daemon, which may seal, compress or
// remove a segment at any moment.
#pragma once

#include <cstdint>
#include <string_view>

#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

// Reaches from the first segment's first byte to behind the last one's last; both are 0 in a spool without segments.
// Files that cannot be opened count as empty.
struct Extent {
  Position begin = 0;
  Position end = 0;
  std::size_t segments = 0;
  std::uint64_t file_bytes = 0;  // of the segments' files, as they are kept
};
[[nodiscard]] base::Result<Extent> spool_extent(Directory& directory);

// Returns where the last `lines` whole lines begin; the spool's first position if there are fewer. Reads backwards.
[[nodiscard]] base::Result<Position> position_of_last_lines(Directory& directory, std::uint64_t lines);

// Returns the first place that may hold a `ts` of `timestamp` or later: no sound line before it has one. Returns the
// spool's end if no line has. Earlier lines may lie behind it: the order of lines is position, and the clock may have
// jumped. `timestamp` is spelled as in the spool, or is the beginning of that: "2026-11-20T04" is the hour's first
// moment. Passes over compressed blocks by their index alone and reads the lines of what is not compressed. What cannot
// be read ends the search, at or before that place.
[[nodiscard]] base::Result<Position> position_since(Directory& directory, std::string_view timestamp);

}  // namespace crawlspool::spool
