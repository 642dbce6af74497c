// Retention: which sealed segments may go by size, by age and by who still needs them; whether ages may be believed;
// and the removal of their files. Used on the maintenance thread. Source: FORMAT.md, "Retention".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"
#include "daemon/spool/write/segment_facts.h"

namespace crawlspool::spool {

struct RetentionPolicy {
  std::uint64_t bytes_max = 0;  // of all segments' files together; 0: no limit
  std::int64_t age_ms_max = 0;  // of a segment's newest line; 0: no limit
  bool ignores_cursors = false;
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

// Decides only: reads and removes nothing.
[[nodiscard]] RetentionVerdict judge_retention(const RetentionPolicy& policy, const RetentionView& view);

// Watches the wall clock. For 24 h after it jumped, or after a start far off the spool's own times, nothing may be
// removed because of its age.
class ClockWatch {
 public:
  // `newest_us`: the newest time in the spool, wall clock; 0: there is none. A start before it, or more than 7 days
  // after it, counts as a jump.
  ClockWatch(const base::Clock& clock, std::int64_t newest_us);

  // Has to be asked now and then, since it notices a jump between two calls; logs it (`clock_jump`).
  [[nodiscard]] bool may_remove_by_age();

 private:
  void jumped(std::int64_t by_us, std::int64_t now_us);

  const base::Clock& clock_;
  std::int64_t offset_us_;            // of the wall clock to the monotonic one, when last asked
  std::int64_t distrusted_until_us_;  // monotonic
};

// Removes the files of segments. Each removal is durable before the next is made: otherwise a crash could bring an
// older segment back without the one behind it.
class SegmentRemoval {
 public:
  // `directory` outlives it.
  explicit SegmentRemoval(Directory& directory) : directory_(directory) {}

  // Removes and logs a segment. False where one of its files is still there.
  bool remove(const RetentionVerdict::Removal& removal);
  // Makes what was removed durable. While it returns false nothing more may be removed.
  bool make_durable();

 private:
  bool remove_files(Position position);

  Directory& directory_;
  bool is_durable_ = true;
};

// Returns up to where no cursor of the spool needs anything; the greatest position where there is no cursor. One that
// cannot be read may need anything: 0.
[[nodiscard]] Position cursors_need_from(Directory& directory, const std::string& spool_id);

}  // namespace crawlspool::spool
