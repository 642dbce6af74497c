// Counts how long things took, in microseconds, in buckets whose width grows with the value, after the manner of
// HdrHistogram: quantiles are exact to 1.6 %. One takes 16 KB whatever is added, which a copy copies; it allocates
// nothing. Whoever owns it guards it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace crawlspool::base {

class Histogram {
 public:
  // `count` things took `us` each. What is below 0 counts as 0, what is over a day as a day.
  void add(std::int64_t us, std::uint64_t count = 1);
  // Adds all that was added to the other one.
  void merge(const Histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double sum_us() const { return sum_us_; }
  // Returns the time that the share `quantile` (0 to 1) of the things did not exceed, or 0 if there are none. It is at
  // least the exact value, and at most the longest one added.
  [[nodiscard]] std::int64_t quantile_us(double quantile) const;
  // Returns how many took at most `us`. Those that took up to 1.6 % longer may be among them.
  [[nodiscard]] std::uint64_t count_up_to(std::int64_t us) const;

 private:
  static constexpr std::size_t kBuckets = 2001;

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  double sum_us_ = 0;
  std::int64_t max_us_ = 0;
};

}  // namespace crawlspool::base
