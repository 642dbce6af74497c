// Finds where the lines of a spool are damaged, by segment, and up to where that can be said. For repair, while no
// daemon runs. Source: FORMAT.md, "Repair".
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/spool/control/control_files.h"
#include "daemon/spool/read/segment_list.h"
#include "daemon/spool/recovery/segment_recovery.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

struct SegmentDamage {
  Segment segment;
  std::optional<std::uint64_t> expected_bytes;  // of content, by the next one's name
  std::uint64_t content_bytes = 0;
  std::vector<ByteRange> lines;      // whole damaged ones, neighbours as one
  std::optional<base::Error> error;  // set where it cannot be read from some place on
};

struct DamageSurvey {
  std::vector<SegmentDamage> segments;
  Position end = 0;           // of the last segment's content
  Position known_synced = 0;  // as a start would find it; what is not sound behind it, that start cuts off
  bool durable_is_within_a_line = false;
  std::optional<ByteRange> unsynced_tail;  // from the first line behind known_synced that is not sound
};

// What lies behind `known_synced` does not count as damage.
[[nodiscard]] base::Result<DamageSurvey> survey_damage(Directory& directory, const ControlFiles& files);

}  // namespace crawlspool::spool
