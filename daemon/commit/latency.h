// How long records wait for their ack: a histogram over about the last minute, in buckets a fifth apart.
// Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>

namespace crawlspool::commit {

class Latency {
 public:
  // `weight` records waited `us` microseconds; `now_us` monotonic.
  void add(std::int64_t us, std::uint64_t weight, std::int64_t now_us);

  // The time that `quantile` of the records did not exceed, in milliseconds; 0 if there were none.
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
