#pragma once
#include <functional>

#include "daemon/spool/file_system.h"
namespace crawlspool::spool {
struct PackOptions {
  int level = 3;
  std::uint64_t frame_bytes_min = 8 << 20;
  std::function<bool()> stop;
};
struct PackedSegment {
  std::uint64_t file_bytes = 0;
};
inline base::Result<PackedSegment> pack_segment(Directory&, std::uint64_t, const PackOptions&) {
  return base::fail(base::ErrorCode::kIo, "not there");
}
}  // namespace crawlspool::spool
