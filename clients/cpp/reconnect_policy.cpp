#include "clients/cpp/reconnect_policy.h"

#include <algorithm>

namespace crawlspool::client {

std::optional<std::int64_t> ReconnectPolicy::failed(std::int64_t now_us, std::int64_t delay_ms_min) {
  if (!first_failure_us_) first_failure_us_ = now_us;
  const std::int64_t left_ms = give_up_after_ms_ - (now_us - *first_failure_us_) / 1000;
  if (left_ms <= 0) return std::nullopt;
  std::uniform_int_distribution<std::int64_t> jittered(delay_ms_ / 2, delay_ms_);
  const std::int64_t delay_ms = std::max(std::min(jittered(random_), left_ms), delay_ms_min);
  delay_ms_ = std::min(2 * delay_ms_, kDelayMsMax);
  return now_us + delay_ms * 1000;
}

void ReconnectPolicy::made_progress() {
  first_failure_us_.reset();
  delay_ms_ = kFirstDelayMs;
}

}  // namespace crawlspool::client
