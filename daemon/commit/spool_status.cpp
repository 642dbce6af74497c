#include "daemon/commit/spool_status.h"

#include <algorithm>

#include "daemon/base/log.h"

namespace crawlspool::commit {

std::string SpoolStatus::detail() const {
  const std::lock_guard lock(mutex_);
  return detail_;
}

std::int64_t SpoolStatus::busy_us() const {
  const std::int64_t progress_us = progress_us_.load(std::memory_order_relaxed);
  return progress_us == kIdle ? 0 : std::max<std::int64_t>(0, clock_.monotonic_us() - progress_us);
}

void SpoolStatus::wait_out(const base::Error& error) {
  const bool is_exhausted = error.code == base::ErrorCode::kExhausted;
  const SpoolState waiting = is_exhausted ? SpoolState::kNoDescriptors : SpoolState::kDiskFull;
  if (state() == waiting) return;
  if (is_exhausted)
    base::log_error("no_descriptors", {{"detail", error.message()}});
  else
    base::log_error("disk_full", {{"detail", error.message()}, {"free_bytes", spool_.free_bytes()}});
  enter(waiting, error.message());
}

void SpoolStatus::enter_ok() {
  if (state() == SpoolState::kDiskFull) base::log_info("disk_room", {{"free_bytes", spool_.free_bytes()}});
  if (state() == SpoolState::kNoDescriptors) base::log_info("descriptors_free", {});
  enter(SpoolState::kOk, {});
}

void SpoolStatus::fail(const base::Error& error) {
  base::log_error("spool_failed", {{"detail", error.message()}, {"durable", spool_.durable()}});
  enter(SpoolState::kFailed, error.message());
}

void SpoolStatus::enter(SpoolState state, const std::string& detail) {
  {
    const std::lock_guard lock(mutex_);
    detail_ = detail;
  }
  state_.store(state, std::memory_order_release);
  on_state_(state);
}

}  // namespace crawlspool::commit
