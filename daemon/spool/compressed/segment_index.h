// The sparse index beside a compressed segment. It says where each block begins, by position, and between which times
// its lines lie. Readers check it against the file and can do without it. Source: FORMAT.md, "Compressed segments".
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
  std::uint64_t file_bytes = 0;              // in the file
  std::optional<TimestampRange> timestamps;  // of its lines; nothing where it is not known
};

// The blocks lie side by side, in content and in the file, from the segment's first byte on.
using Blocks = std::vector<Block>;
[[nodiscard]] std::uint64_t content_bytes(const Blocks& blocks);
[[nodiscard]] std::uint64_t file_bytes(const Blocks& blocks);

// Needs the timestamps of all blocks, and at least one block.
[[nodiscard]] std::string render_index(const Blocks& blocks);
// Returns nothing unless the text is whole, as its CRC says, and consistent.
[[nodiscard]] std::optional<Blocks> parse_index(std::string_view text);

// Reads the index of the segment at `position`; nothing where there is none that can be used.
[[nodiscard]] std::optional<Blocks> read_index(Directory& directory, Position position);

}  // namespace crawlspool::spool
