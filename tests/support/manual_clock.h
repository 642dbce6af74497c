// A clock that stands still until a test moves it. Thread-safe.
#pragma once

#include <atomic>

#include "daemon/base/clock.h"

namespace crawlspool::test {

class ManualClock final : public base::Clock {
 public:
  [[nodiscard]] std::int64_t monotonic_us() const override { return monotonic_us_; }
  [[nodiscard]] std::int64_t wall_us() const override { return 1'795'147'506'123'456 + monotonic_us_; }
  void advance_us(std::int64_t us) { monotonic_us_ += us; }
  void advance_ms(std::int64_t ms) { advance_us(ms * 1000); }

 private:
  std::atomic<std::int64_t> monotonic_us_{1'000'000'000};
};

}  // namespace crawlspool::test
