#include "daemon/auth/failed_tokens.h"

#include <iterator>

namespace crawlspool::auth {

std::int64_t FailedTokens::count(const base::MachineKey& address, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  ++total_;
  auto found = minutes_.find(address.bytes);
  if (found == minutes_.end()) {
    if (minutes_.size() >= kAddressesMax) forget_old(now_ms);
    if (minutes_.size() >= kAddressesMax) return kWaitMs;
    found = minutes_.emplace(address.bytes, Minute{now_ms, 0}).first;
  }
  Minute& minute = found->second;
  if (now_ms - minute.began_ms >= kMinuteMs) minute = {now_ms, 0};
  return ++minute.failures > kFreeAMinute ? kWaitMs : 0;
}

// Looks through them once a second at most: a flood of addresses must not make each failure cost a whole look.
void FailedTokens::forget_old(std::int64_t now_ms) {
  if (now_ms < swept_ms_ + kWaitMs) return;
  swept_ms_ = now_ms;
  for (auto one = minutes_.begin(); one != minutes_.end();)
    one = now_ms - one->second.began_ms >= kMinuteMs ? minutes_.erase(one) : std::next(one);
}

std::uint64_t FailedTokens::total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

}  // namespace crawlspool::auth
