// Which sealed segments may go. A decision only: reads nothing and removes nothing. Source: FORMAT.md, "Retention".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

struct RetentionPolicy {
  std::uint64_t bytes_max = 0;  // of all segments' files together; 0: no limit
  std::int64_t age_ms_max = 0;  // of a segment's newest line; 0: no limit
  bool ignores_cursors = false;
};

struct SegmentFacts {
  SegmentName name{};
  Position end = 0;  // of its lines
  std::uint64_t file_bytes = 0;
  std::int64_t newest_us = 0;       // the last line's ts, wall clock; 0: not known, the next segment's counts
  std::uint64_t missing_bytes = 0;  // of what should be there up to `end`

  [[nodiscard]] std::uint64_t content_bytes() const { return end - name.position; }
};

struct RetentionView {
  std::vector<SegmentFacts> segments;  // sealed, by position
  std::uint64_t active_bytes = 0;
  std::int64_t now_us = 0;        // wall clock
  bool may_remove_by_age = true;  // the clock is believed
  Position snapshots_need_from = 0;
  Position cursors_need_from = 0;  // the greatest position where no cursor needs anything
};

struct RetentionVerdict {
  struct Removal {
    SegmentFacts segment;
    std::string_view reason;  // bytes | age
    bool overrides_cursor = false;
  };
  std::vector<Removal> removals;  // oldest first
  bool held_by_cursor = false;    // the next one would go but for a cursor
};

[[nodiscard]] RetentionVerdict judge_retention(const RetentionPolicy& policy, const RetentionView& view);

}  // namespace crawlspool::spool
