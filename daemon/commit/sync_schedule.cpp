#include "daemon/commit/sync_schedule.h"

#include <algorithm>

namespace crawlspool::commit {

using base::Result;
using std::chrono::microseconds;

microseconds SyncSchedule::until_due() const {
  if (!has_unsynced_ || policy_.sync != config::SyncPolicy::kInterval) return microseconds::max();
  const std::int64_t due_us = last_sync_us_ + policy_.interval_ms * 1000;
  return microseconds(std::max<std::int64_t>(0, due_us - clock_.monotonic_us()));
}

bool SyncSchedule::is_due() const { return until_due() == microseconds::zero(); }

Result<void> SyncSchedule::sync_if_due(bool for_probe) {
  if ((has_unsynced_ && is_before_ack()) || is_due()) return sync_now();
  return for_probe ? spool_.probe() : Result<void>{};
}

Result<void> SyncSchedule::sync_now() {
  // What was acked as written has left the memory: it cannot be offered again.
  CRAWLSPOOL_TRY(spool_.sync(is_before_ack() ? spool::IfFull::kCutBack : spool::IfFull::kFail));
  status_.made_progress();
  ++syncs_;
  has_unsynced_ = false;
  last_sync_us_ = clock_.monotonic_us();
  return {};
}

}  // namespace crawlspool::commit
