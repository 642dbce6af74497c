// How long records waited for their acks, in microseconds: counts in buckets whose width grows with the value, after
// the manner of HdrHistogram. Quantiles are exact to 1.6 %; memory does not grow with what is added.
#pragma once

#include <cstdint>
#include <vector>

namespace crawlspool::bench {

class LatencyHistogram {
 public:
  LatencyHistogram();

  // `count` records waited `us`. What is below 0 counts as 0, what is over a day as a day.
  void add(std::int64_t us, std::uint64_t count);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  // The time that the share `quantile` (0 to 1) of the records did not exceed; 0 if there are none. At least the exact
  // value, and at most the longest one added.
  [[nodiscard]] std::int64_t quantile_us(double quantile) const;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::int64_t max_us_ = 0;
};

}  // namespace crawlspool::bench
