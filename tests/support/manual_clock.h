// A clock that stands still until a test moves it; the wall clock may jump as well. Thread-safe.
#pragma once

#include <atomic>

#include "daemon/base/clock.h"

namespace crawlspool::test {

class ManualClock final : public base::Clock {
 public:
  [[nodiscard]] std::int64_t monotonic_us() const override { return monotonic_us_; }
  [[nodiscard]] std::int64_t wall_us() const override { return wall_at_zero_us_ + monotonic_us_; }
  void advance_us(std::int64_t us) { monotonic_us_ += us; }
  void advance_ms(std::int64_t ms) { advance_us(ms * 1000); }
  void jump_wall_us(std::int64_t us) { wall_at_zero_us_ += us; }

 private:
  std::atomic<std::int64_t> monotonic_us_{1'000'000'000};
  std::atomic<std::int64_t> wall_at_zero_us_{1'795'147'506'123'456};
};

}  // namespace crawlspool::test
