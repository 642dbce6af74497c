// The time that deadlines count: monotonic, and without what passed while the process did not run (stopped, swapped
// out, starved of CPU), so that no peer is blamed for that. Of one loop, on its thread.
#pragma once

#include <cstdint>

#include "daemon/base/clock.h"

namespace crawlspool::connection {

class RunningTime {
 public:
  // A longer time between two looks means that the process was stopped, not that it was busy: looks are much more
  // frequent. All but kCountedMs of it is skipped.
  static constexpr std::int64_t kGapMs = 3000;
  static constexpr std::int64_t kCountedMs = 100;

  explicit RunningTime(const base::Clock& clock) : clock_(clock), seen_ms_(monotonic_ms()) {}

  // Never less than before: whoever looks first after a gap skips it.
  [[nodiscard]] std::int64_t now_ms() {
    const std::int64_t now_ms = monotonic_ms();
    if (now_ms - seen_ms_ > kGapMs) skip(now_ms - seen_ms_);
    seen_ms_ = now_ms;
    return now_ms - skipped_ms_;
  }

 private:
  [[nodiscard]] std::int64_t monotonic_ms() const { return clock_.monotonic_us() / 1000; }
  void skip(std::int64_t gap_ms);

  const base::Clock& clock_;
  std::int64_t seen_ms_;
  std::int64_t skipped_ms_ = 0;
};

}  // namespace crawlspool::connection
