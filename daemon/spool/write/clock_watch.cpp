#include "daemon/spool/write/clock_watch.h"

#include <cstdlib>

#include "daemon/base/log.h"

namespace crawlspool::spool {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kJumpUs = 600 * kSecondUs;
constexpr std::int64_t kDayUs = 24 * 3600 * kSecondUs;
constexpr std::int64_t kStartedLateUs = 7 * kDayUs;

}  // namespace

ClockWatch::ClockWatch(const base::Clock& clock, std::int64_t newest_us)
    : clock_(clock), offset_us_(clock.wall_us() - clock.monotonic_us()), distrusted_until_us_(clock.monotonic_us()) {
  const std::int64_t since_us = clock.wall_us() - newest_us;
  if (newest_us != 0 && (since_us < 0 || since_us > kStartedLateUs)) jumped(since_us, clock.monotonic_us());
}

bool ClockWatch::may_remove_by_age() {
  const std::int64_t now_us = clock_.monotonic_us();
  const std::int64_t offset_us = clock_.wall_us() - now_us;
  if (std::abs(offset_us - offset_us_) > kJumpUs) jumped(offset_us - offset_us_, now_us);
  offset_us_ = offset_us;
  return now_us >= distrusted_until_us_;
}

void ClockWatch::jumped(std::int64_t by_us, std::int64_t now_us) {
  base::log_warn("clock_jump", {{"seconds", by_us / kSecondUs}, {"nothing_removed_by_age_for_s", kDayUs / kSecondUs}});
  distrusted_until_us_ = now_us + kDayUs;
}

}  // namespace crawlspool::spool
