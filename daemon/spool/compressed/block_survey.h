// Finds the blocks of a compressed segment by decoding the whole file, for where no index tells them or the one that is
// there does not fit. Slow, and right: a block whose checksum holds is one.
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
    kDamaged,  // a block's header and the chain of its inner blocks; its content is not
    kUnknown,  // anything else: a damaged header, a block that is cut off, garbage; perhaps several blocks
  };
  Kind kind;
  std::uint64_t offset;
  std::uint64_t file_bytes;
  // What it holds; unless kSound, what its header claims or, without one, as much as could be decoded.
  std::uint64_t content_bytes;
};

// `file` is `file_bytes` long; `decoder` decodes it.
[[nodiscard]] base::Result<std::vector<Stretch>> survey_blocks(ByteSource& file, std::uint64_t file_bytes,
                                                               BlockDecoder& decoder);

}  // namespace crawlspool::spool
