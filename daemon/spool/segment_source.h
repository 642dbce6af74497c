#pragma once
#include "daemon/spool/segment_reader.h"
namespace crawlspool::spool {
[[nodiscard]] inline base::Result<std::unique_ptr<ByteSource>> open_segment_source(Directory& directory,
                                                                                   const Segment& segment,
                                                                                   std::optional<std::uint64_t> = {}) {
  auto f = directory.open(segment.file, OpenMode::kRead);
  if (!f) return tl::unexpected(f.error());
  return std::move(*f);
}
}  // namespace crawlspool::spool
