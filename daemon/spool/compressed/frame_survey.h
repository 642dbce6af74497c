// Finds the frames of a packed segment by decoding the whole file, for where no index tells them or the one that is
// there does not fit. Slow, and right: a frame whose checksum holds is one.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/spool/compressed/frame_decoder.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

// A frame, or what lies where frames should: the stretches cover the file.
struct Stretch {
  enum class Kind {
    kSound,    // its content is what was packed
    kDamaged,  // a frame's header and the chain of its blocks; its content is not
    kUnknown,  // anything else: a damaged header, a frame that is cut off, garbage; perhaps several frames
  };
  Kind kind;
  std::uint64_t offset;
  std::uint64_t file_bytes;
  // What it holds; unless kSound, what its header claims or, without one, as much as could be decoded.
  std::uint64_t content_bytes;
};

// `file` is `file_bytes` long; `decoder` decodes it.
[[nodiscard]] base::Result<std::vector<Stretch>> survey_frames(ByteSource& file, std::uint64_t file_bytes,
                                                               FrameDecoder& decoder);

}  // namespace crawlspool::spool
