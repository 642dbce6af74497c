#include "cli/bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace crawlspool::bench {
namespace {

// Values below 2^kLinearBits have a bucket each; above, every power of two is cut into half as many.
constexpr unsigned kLinearBits = 7;
constexpr std::uint64_t kHalf = 1U << (kLinearBits - 1);
constexpr std::int64_t kDayUs = 24LL * 3600 * 1'000'000;

constexpr std::size_t bucket_of(std::uint64_t value) {
  const auto bits = static_cast<unsigned>(std::bit_width(value));
  if (bits <= kLinearBits) return value;
  const unsigned shift = bits - kLinearBits;
  return shift * kHalf + (value >> shift);
}

// Returns the largest value of a bucket.
constexpr std::uint64_t top_of(std::size_t bucket) {
  if (bucket < 2 * kHalf) return bucket;
  const std::uint64_t shift = bucket / kHalf - 1;
  return ((bucket - shift * kHalf + 1) << shift) - 1;
}

constexpr std::size_t kBuckets = bucket_of(kDayUs) + 1;
static_assert(top_of(bucket_of(127)) == 127 && top_of(bucket_of(128)) == 129 && top_of(bucket_of(1000)) == 1007);

}  // namespace

LatencyHistogram::LatencyHistogram() : buckets_(kBuckets) {}

void LatencyHistogram::add(std::int64_t us, std::uint64_t count) {
  if (count == 0) return;
  us = std::clamp<std::int64_t>(us, 0, kDayUs);
  buckets_[bucket_of(static_cast<std::uint64_t>(us))] += count;
  count_ += count;
  max_us_ = std::max(max_us_, us);
}

std::int64_t LatencyHistogram::quantile_us(double quantile) const {
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen > 0 && seen >= wanted) return std::min(static_cast<std::int64_t>(top_of(bucket)), max_us_);
  }
  return max_us_;
}

}  // namespace crawlspool::bench
