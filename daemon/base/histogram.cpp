#include "daemon/base/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>

namespace crawlspool::base {
namespace {

// Values below 2^kLinearBits have a bucket each; above, every power of two is cut into half as many.
constexpr unsigned kLinearBits = 7;
constexpr std::uint64_t kHalf = 1U << (kLinearBits - 1);
constexpr std::int64_t kDayUs = 24LL * 3600 * 1'000'000;

constexpr std::int64_t clamped(std::int64_t us) { return std::clamp<std::int64_t>(us, 0, kDayUs); }

constexpr std::size_t bucket_of(std::int64_t us) {
  const auto value = static_cast<std::uint64_t>(us);
  const auto bits = static_cast<unsigned>(std::bit_width(value));
  if (bits <= kLinearBits) return value;
  const unsigned shift = bits - kLinearBits;
  return shift * kHalf + (value >> shift);
}

// Returns the largest value of a bucket.
constexpr std::int64_t top_of(std::size_t bucket) {
  if (bucket < 2 * kHalf) return static_cast<std::int64_t>(bucket);
  const std::uint64_t shift = bucket / kHalf - 1;
  return static_cast<std::int64_t>(((bucket - shift * kHalf + 1) << shift) - 1);
}

static_assert(top_of(bucket_of(127)) == 127 && top_of(bucket_of(128)) == 129 && top_of(bucket_of(1000)) == 1007);

}  // namespace

void Histogram::add(std::int64_t us, std::uint64_t count) {
  static_assert(bucket_of(kDayUs) + 1 == kBuckets);
  if (count == 0) return;
  us = clamped(us);
  buckets_[bucket_of(us)] += count;
  count_ += count;
  sum_us_ += static_cast<double>(us) * static_cast<double>(count);
  max_us_ = std::max(max_us_, us);
}

void Histogram::merge(const Histogram& other) {
  std::transform(buckets_.begin(), buckets_.end(), other.buckets_.begin(), buckets_.begin(), std::plus<>());
  count_ += other.count_;
  sum_us_ += other.sum_us_;
  max_us_ = std::max(max_us_, other.max_us_);
}

std::int64_t Histogram::quantile_us(double quantile) const {
  const auto wanted =
      static_cast<std::uint64_t>(std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen > 0 && seen >= wanted) return std::min(top_of(bucket), max_us_);
  }
  return max_us_;
}

std::uint64_t Histogram::count_up_to(std::int64_t us) const {
  const auto* const end = buckets_.begin() + static_cast<std::ptrdiff_t>(bucket_of(clamped(us))) + 1;
  return std::accumulate(buckets_.begin(), end, std::uint64_t{0});
}

}  // namespace crawlspool::base
