// Finds the blocks of a compressed segment by decoding the whole file, where there is no index or it does not fit. This
// is slow, and it is right: what has a matching checksum is a block.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/spool/compressed/block_codec.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

// A block, or what lies where blocks should: the stretches cover the file.
struct Stretch {
  enum class Kind {
    kSound,    // its content is what was compressed
    kDamaged,  // the header and the chain of inner blocks are a block's; the content is damaged
    kUnknown,  // it is anything else: a damaged header, a block that is cut off, garbage; perhaps several blocks
  };
  Kind kind;
  std::uint64_t offset;
  std::uint64_t file_bytes;
  // Says what a sound one holds; otherwise what its header claims or, without one, as much as could be decoded.
  std::uint64_t content_bytes;
};

// Decodes `file`, which is `file_bytes` long, with its `decoder`.
[[nodiscard]] base::Result<std::vector<Stretch>> survey_blocks(ByteSource& file, std::uint64_t file_bytes,
                                                               BlockDecoder& decoder);

}  // namespace crawlspool::spool
