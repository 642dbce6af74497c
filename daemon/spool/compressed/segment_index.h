// The sparse index beside a packed segment: where each of its frames begins, by position, and between which times its
// lines lie. An aid only: readers check it against the file and do without it. Source: FORMAT.md, "Packed segments".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/spool/lines/timestamp_scanner.h"
#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

struct Frame {
  Position position = 0;                     // of its content's first byte
  std::uint64_t bytes = 0;                   // of content
  std::uint64_t offset = 0;                  // in the file
  std::uint64_t file_bytes = 0;              // there
  std::optional<TimestampRange> timestamps;  // nothing where it is not known
};

// Side by side, in content and in the file, from the segment's first byte on.
using Frames = std::vector<Frame>;
[[nodiscard]] std::uint64_t content_bytes(const Frames& frames);
[[nodiscard]] std::uint64_t file_bytes(const Frames& frames);

// The timestamps of all frames are known, and there is at least one frame.
[[nodiscard]] std::string render_index(const Frames& frames);
// Nothing unless the text is whole, as its CRC says, and in itself consistent.
[[nodiscard]] std::optional<Frames> parse_index(std::string_view text);

// Of the segment at `position`; nothing where there is none that reads as one.
[[nodiscard]] std::optional<Frames> read_index(Directory& directory, Position position);

}  // namespace crawlspool::spool
