#include "daemon/commit/latency.h"

#include <algorithm>

namespace crawlspool::commit {
namespace {

constexpr std::int64_t kWindowUs = 30'000'000;  // two of them are looked at
constexpr std::int64_t kWaitUsMin = 1;          // 0 is for no records

}  // namespace

void Latency::turn(std::int64_t now_us) {
  const std::int64_t age = now_us - window_start_us_;
  if (age < kWindowUs) return;
  previous_ = age < 2 * kWindowUs ? current_ : base::Histogram{};
  current_ = {};
  window_start_us_ = now_us;
}

void Latency::add(std::int64_t us, std::uint64_t weight, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  turn(now_us);
  current_.add(std::max(us, kWaitUsMin), weight);
}

double Latency::quantile_ms(double quantile, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  turn(now_us);
  base::Histogram both = current_;
  both.merge(previous_);
  return static_cast<double>(both.quantile_us(quantile)) / 1000.0;
}

}  // namespace crawlspool::commit
