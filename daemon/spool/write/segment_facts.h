// What retention has to know of a sealed segment, read from its file. Source: FORMAT.md, "Retention".
#pragma once

#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/write/retention.h"

namespace crawlspool::spool {

// `end`: where the next segment begins. kNotFound where the file is gone.
[[nodiscard]] base::Result<SegmentFacts> read_segment_facts(Directory& directory, const SegmentName& name,
                                                            Position end);

// The ts of the first and of the last line, wall clock; nothing if that line has none or is
// very long.
[[nodiscard]] std::optional<std::int64_t> first_timestamp(ByteSource& source);
[[nodiscard]] std::optional<std::int64_t> last_timestamp(ByteSource& source);

}  // namespace crawlspool::spool
