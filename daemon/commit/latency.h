// Count how long things took: a Histogram since the start, in the fixed buckets that /metrics shows; a Latency over
// about the last minute, in buckets a fifth apart, for quantiles.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace crawlspool::commit {

// Is copied by value; its owner guards it.
class Histogram {
 public:
  // Holds each bucket's longest time, in microseconds; one more bucket counts what took longer.
  static constexpr std::array<std::int64_t, 17> kBoundsUs{
      100,     250,     500,     1'000,     2'500,     5'000,     10'000,     25'000,    50'000,
      100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000};

  // Counts `weight` things that took `us` microseconds each.
  void add(std::int64_t us, std::uint64_t weight = 1);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double sum_us() const { return sum_us_; }
  // Returns how many took at most kBoundsUs[bound].
  [[nodiscard]] std::uint64_t count_up_to(std::size_t bound) const;

 private:
  std::array<std::uint64_t, kBoundsUs.size() + 1> counts_{};
  std::uint64_t count_ = 0;
  double sum_us_ = 0;
};

// Is thread-safe. Times (`now_us`) are monotonic.
class Latency {
 public:
  // Counts `weight` records that waited `us` microseconds each.
  void add(std::int64_t us, std::uint64_t weight, std::int64_t now_us);

  // Returns the time that `quantile` of the records did not exceed, in milliseconds; 0 if there were none.
  [[nodiscard]] double quantile_ms(double quantile, std::int64_t now_us);

 private:
  static constexpr std::size_t kBuckets = 128;
  using Window = std::array<std::uint64_t, kBuckets>;

  void turn(std::int64_t now_us);

  std::mutex mutex_;
  Window current_{};
  Window previous_{};
  std::int64_t window_start_us_ = 0;
};

}  // namespace crawlspool::commit
