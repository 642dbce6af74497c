#include "daemon/base/log_limiter.h"

#include <algorithm>
#include <utility>

namespace crawlspool::base {

std::optional<std::uint64_t> LogLimiter::admit(std::string_view event, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  auto word = words_.find(event);
  if (word == words_.end()) word = words_.emplace(event, Allowance{now_us, 0}).first;
  Allowance& allowance = word->second;
  const std::int64_t full_at_us = std::max(allowance.full_at_us, now_us) + kRefillUs;
  if (full_at_us - now_us > kBurstLines * kRefillUs) {
    ++allowance.left_out;
    return std::nullopt;
  }
  allowance.full_at_us = full_at_us;
  return std::exchange(allowance.left_out, 0);
}

std::vector<LogLimiter::LeftOut> LogLimiter::take_left_out() {
  const std::lock_guard lock(mutex_);
  std::vector<LeftOut> told;
  for (auto& [event, allowance] : words_)
    if (const auto lines = std::exchange(allowance.left_out, 0); lines > 0) told.push_back({event, lines});
  return told;
}

}  // namespace crawlspool::base
