#include "daemon/base/log_limiter.h"

#include <algorithm>
#include <utility>

namespace crawlspool::base {

bool LogAllowance::admit(const LogRate& rate, std::int64_t now_us) {
  const std::int64_t full_at_us = std::max(full_at_us_.value_or(now_us), now_us) + rate.refill_us;
  if (full_at_us - now_us > rate.burst_lines * rate.refill_us) return false;
  full_at_us_ = full_at_us;
  return true;
}

std::optional<std::uint64_t> LogLimiter::admit(std::string_view event, const LogRate& rate, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  auto found = words_.find(event);
  if (found == words_.end()) found = words_.emplace(event, Word{}).first;
  Word& word = found->second;
  word.is_fault = rate.is_fault;
  if (word.allowance.admit(rate, now_us)) return std::exchange(word.suppressed, 0);
  ++word.suppressed;
  return std::nullopt;
}

std::vector<LogLimiter::Suppressed> LogLimiter::take_suppressed() {
  const std::lock_guard lock(mutex_);
  std::vector<Suppressed> taken;
  for (auto& [event, word] : words_)
    if (const auto lines = std::exchange(word.suppressed, 0); lines > 0) taken.push_back({event, lines, word.is_fault});
  return taken;
}

}  // namespace crawlspool::base
