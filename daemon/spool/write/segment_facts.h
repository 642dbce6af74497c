// What retention and maintenance have to know of a sealed segment, read from its file. Source: FORMAT.md, "Retention".
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

struct SegmentFacts {
  SegmentName name{};
  Position end = 0;  // of its lines
  std::uint64_t file_bytes = 0;
  std::int64_t newest_us = 0;       // the last line's ts, wall clock; 0: not known, the next segment's counts
  std::uint64_t missing_bytes = 0;  // of what should be there up to `end`

  [[nodiscard]] std::uint64_t content_bytes() const { return end - name.position; }
};

// `end`: where the next segment begins. Fails with kNotFound where the file is gone.
[[nodiscard]] base::Result<SegmentFacts> read_segment_facts(Directory& directory, const SegmentName& name,
                                                            Position end);

// Return the ts of the first and of the last line, wall clock; nothing if that line has none or is very long.
[[nodiscard]] std::optional<std::int64_t> first_timestamp(ByteSource& source);
[[nodiscard]] std::optional<std::int64_t> last_timestamp(ByteSource& source);

}  // namespace crawlspool::spool
