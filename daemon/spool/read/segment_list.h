// The segments of a spool directory, as a reader takes them: one file a position, in order of position. Reads names
// only, opens nothing. Source: FORMAT.md, "Files".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

// What stands where a reader looks for segments. It may be a link or a directory: opening it tells.
struct Segment {
  SegmentName name;
  std::string file;
};

// By position. Where a segment is there twice the plain file is taken, so that nobody depends on a compressed one
// before the plain one has gone; a regular file goes before anything else of its position. Listed until the next
// listing has the same positions: one made while a segment is renamed may lack it under both names.
[[nodiscard]] base::Result<std::vector<Segment>> list_segments(Directory& directory);

// How long the content of `segments[index]` should be by the name of the one behind it; nothing for the last.
[[nodiscard]] std::optional<std::uint64_t> expected_bytes(std::span<const Segment> segments, std::size_t index);

}  // namespace crawlspool::spool
