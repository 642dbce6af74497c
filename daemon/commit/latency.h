// How long records wait for their ack: histograms over about the last minute. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>

#include "daemon/base/histogram.h"

namespace crawlspool::commit {

class Latency {
 public:
  // `weight` records waited `us` microseconds; `now_us` monotonic.
  void add(std::int64_t us, std::uint64_t weight, std::int64_t now_us);

  // The time that `quantile` of the records did not exceed, in milliseconds; 0 if there were none.
  [[nodiscard]] double quantile_ms(double quantile, std::int64_t now_us);

 private:
  void turn(std::int64_t now_us);

  std::mutex mutex_;
  base::Histogram current_;
  base::Histogram previous_;
  std::int64_t window_start_us_ = 0;
};

}  // namespace crawlspool::commit
