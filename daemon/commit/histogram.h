// How long something took, counted since the start in fixed buckets: what /metrics shows. By value; whoever owns it
// guards it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace crawlspool::commit {

class Histogram {
 public:
  // Each bucket's longest time, in microseconds; one more bucket holds what took longer.
  static constexpr std::array<std::int64_t, 17> kBoundsUs{
      100,     250,     500,     1'000,     2'500,     5'000,     10'000,     25'000,    50'000,
      100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000};

  // `weight` things took `us` microseconds each.
  void add(std::int64_t us, std::uint64_t weight = 1);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] double sum_us() const { return sum_us_; }
  // How many took at most kBoundsUs[bound].
  [[nodiscard]] std::uint64_t count_up_to(std::size_t bound) const;

 private:
  std::array<std::uint64_t, kBoundsUs.size() + 1> counts_{};
  std::uint64_t count_ = 0;
  double sum_us_ = 0;
};

}  // namespace crawlspool::commit
