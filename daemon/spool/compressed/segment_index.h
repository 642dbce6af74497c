// The sparse index beside a compressed segment: where each of its blocks begins, by position, and between which times
// its lines lie. An aid only: readers check it against the file and do without it. Source: FORMAT.md, "Compressed
// segments".
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

struct Block {
  Position position = 0;                     // of its content's first byte
  std::uint64_t bytes = 0;                   // of content
  std::uint64_t offset = 0;                  // in the file
  std::uint64_t file_bytes = 0;              // there
  std::optional<TimestampRange> timestamps;  // nothing where it is not known
};

// Side by side, in content and in the file, from the segment's first byte on.
using Blocks = std::vector<Block>;
[[nodiscard]] std::uint64_t content_bytes(const Blocks& blocks);
[[nodiscard]] std::uint64_t file_bytes(const Blocks& blocks);

// The timestamps of all blocks are known, and there is at least one block.
[[nodiscard]] std::string render_index(const Blocks& blocks);
// Nothing unless the text is whole, as its CRC says, and in itself consistent.
[[nodiscard]] std::optional<Blocks> parse_index(std::string_view text);

// Of the segment at `position`; nothing where there is none that reads as one.
[[nodiscard]] std::optional<Blocks> read_index(Directory& directory, Position position);

}  // namespace crawlspool::spool
