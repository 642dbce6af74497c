#include "daemon/commit/latency.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace crawlspool::commit {
namespace {

constexpr std::int64_t kWindowUs = 30'000'000;  // two of them are looked at
constexpr double kStep = 1.2;                   // 1.2^128 us is far beyond any wait

}  // namespace

void Histogram::add(std::int64_t us, std::uint64_t weight) {
  const auto* const bound = std::lower_bound(kBoundsUs.begin(), kBoundsUs.end(), us);
  counts_[static_cast<std::size_t>(bound - kBoundsUs.begin())] += weight;
  count_ += weight;
  sum_us_ += static_cast<double>(std::max<std::int64_t>(us, 0)) * static_cast<double>(weight);
}

std::uint64_t Histogram::count_up_to(std::size_t bound) const {
  const auto* const end = counts_.begin() + static_cast<std::ptrdiff_t>(bound) + 1;
  return std::accumulate(counts_.begin(), end, std::uint64_t{0});
}

void Latency::turn(std::int64_t now_us) {
  const std::int64_t age = now_us - window_start_us_;
  if (age < kWindowUs) return;
  previous_ = age < 2 * kWindowUs ? current_ : Window{};
  current_ = {};
  window_start_us_ = now_us;
}

void Latency::add(std::int64_t us, std::uint64_t weight, std::int64_t now_us) {
  const double exponent = std::ceil(std::log(static_cast<double>(std::max<std::int64_t>(us, 1))) / std::log(kStep));
  const auto bucket = std::min(static_cast<std::size_t>(exponent), kBuckets - 1);
  const std::lock_guard lock(mutex_);
  turn(now_us);
  current_[bucket] += weight;
}

double Latency::quantile_ms(double quantile, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  turn(now_us);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) total += current_[i] + previous_[i];
  if (total == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(total)));
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while (bucket + 1 < kBuckets && (seen += current_[bucket] + previous_[bucket]) < wanted) ++bucket;
  return std::pow(kStep, static_cast<double>(bucket)) / 1000.0;
}

}  // namespace crawlspool::commit
