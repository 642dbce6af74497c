// Whether a compressed segment is what the compressor made: each block decodes to its end with the right checksum and
// length, and the index tells the truth. Lines are judged elsewhere: all of a block's may be whole though it is
// damaged. Source: FORMAT.md, "Compressed segments".
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/spool/compressed/segment_index.h"
#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

enum class IndexState {
  kSound,
  kMissing,
  kDamaged,  // does not prove itself, or is no regular file
  kWrong,    // proves itself, and does not fit the segment
};

struct CompressedCheck {
  Blocks blocks;                     // as readers take them, each with its timestamps as they are in the content
  std::vector<std::size_t> unsound;  // which of them; rising
  IndexState index = IndexState::kSound;
};

// `expected_bytes`: of content, by the next segment's name. kNotFound where the segment is gone; other failures are
// those of reading it.
[[nodiscard]] base::Result<CompressedCheck> check_compressed_segment(Directory& directory, Position position,
                                                                     std::optional<std::uint64_t> expected_bytes);

// The same of a file whose blocks are known; the index is not looked at.
[[nodiscard]] base::Result<CompressedCheck> check_blocks(ByteSource& file, Blocks blocks);

}  // namespace crawlspool::spool
