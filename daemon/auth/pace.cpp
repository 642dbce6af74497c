#include "daemon/auth/pace.h"

#include <algorithm>

namespace crawlspool::auth {
namespace {

constexpr std::int64_t kUsPerS = 1'000'000;
constexpr double kWaitUsMax = 3600.0 * 1e6;  // one large batch against a rate of 1 must not lock out for ever

std::int64_t over_us(std::int64_t full_at_us, std::int64_t now_us) {
  return std::max<std::int64_t>(full_at_us - now_us - kUsPerS, 0);
}

}  // namespace

std::int64_t Pace::take(std::uint64_t count, std::int64_t now_us) {
  const std::uint64_t per_s = per_s_.load(std::memory_order_relaxed);
  if (per_s == 0) return 0;
  const double cost = static_cast<double>(count) / static_cast<double>(per_s) * static_cast<double>(kUsPerS);
  std::int64_t before = full_at_us_.load(std::memory_order_relaxed);
  std::int64_t after = 0;
  do {
    const auto latest = now_us + static_cast<std::int64_t>(kWaitUsMax);
    after = std::min(std::max(before, now_us) + static_cast<std::int64_t>(std::min(cost, kWaitUsMax)), latest);
  } while (!full_at_us_.compare_exchange_weak(before, after, std::memory_order_relaxed));
  return over_us(after, now_us);
}

std::int64_t Pace::wait_us(std::int64_t now_us) const {
  return per_s_.load(std::memory_order_relaxed) == 0 ? 0 : over_us(full_at_us_.load(std::memory_order_relaxed), now_us);
}

}  // namespace crawlspool::auth
