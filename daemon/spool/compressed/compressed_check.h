// Checks that a compressed segment is what the compressor made: each block decodes to its end with the right checksum
// and length, and the index is right. Lines are checked elsewhere: all lines of a damaged block may be whole. Source:
// FORMAT.md, "Compressed segments".
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
  kDamaged,  // checksum mismatch, or no regular file
  kWrong,    // the checksum matches; the index does not fit the segment
};

struct CompressedCheck {
  Blocks blocks;                     // as readers take them, each with its timestamps as they are in the content
  std::vector<std::size_t> unsound;  // indexes of the damaged ones, rising
  IndexState index = IndexState::kSound;
};

// `expected_bytes`: of content, by the next segment's name. Fails with kNotFound where the segment is gone, and
// otherwise where it cannot be read.
[[nodiscard]] base::Result<CompressedCheck> check_compressed_segment(Directory& directory, Position position,
                                                                     std::optional<std::uint64_t> expected_bytes);

// Does the same for a file whose blocks are known, without looking at the index.
[[nodiscard]] base::Result<CompressedCheck> check_blocks(ByteSource& file, Blocks blocks);

}  // namespace crawlspool::spool
