// Whether the wall clock may be believed where something is removed because of its age. It may not for 24 h after it
// jumped, or started off the spool's own times. Source: FORMAT.md, "Retention".
#pragma once

#include <cstdint>

#include "daemon/base/clock.h"

namespace crawlspool::spool {

class ClockWatch {
 public:
  // `newest_us`: the newest time in the spool, wall clock; 0: there is none. A start before it, or more than 7 days
  // after it, counts as a jump.
  ClockWatch(const base::Clock& clock, std::int64_t newest_us);

  // To be asked now and then; logs a jump (`clock_jump`).
  [[nodiscard]] bool may_remove_by_age();

 private:
  void jumped(std::int64_t by_us, std::int64_t now_us);

  const base::Clock& clock_;
  std::int64_t offset_us_;            // of the wall clock to the monotonic one, when last asked
  std::int64_t distrusted_until_us_;  // monotonic
};

}  // namespace crawlspool::spool
