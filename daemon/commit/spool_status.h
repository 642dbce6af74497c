// Shows every thread how the spool is: whether it takes records, why not, and how long the work on the disk that is
// under way has taken. The committer's thread sets it; each change is logged.
//
//   ok ──► disk_full ──► ok          batches wait until there is room; nothing is acked meanwhile
//    ├───► no_descriptors ──► ok     the same, until a file can be opened
//    └───► failed (final)            every batch from now on comes back as not stored
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/error.h"
#include "daemon/spool/write/spool.h"
#include "proto/codes.h"

namespace crawlspool::commit {

enum class SpoolState { kOk, kDiskFull, kNoDescriptors, kFailed };

// Whether the spool takes nothing until that passes by itself.
[[nodiscard]] inline bool is_waiting(SpoolState state) {
  return state == SpoolState::kDiskFull || state == SpoolState::kNoDescriptors;
}
// Returns what a waiting spool waits for.
[[nodiscard]] inline proto::SlowReason slow_reason(SpoolState waiting) {
  return waiting == SpoolState::kNoDescriptors ? proto::SlowReason::kNoDescriptors : proto::SlowReason::kDiskFull;
}

class SpoolStatus {
 public:
  using OnState = std::function<void(SpoolState)>;

  // `spool` and `clock` outlive it. `on_state` is called on the committer's thread.
  SpoolStatus(const spool::Spool& spool, const base::Clock& clock, OnState on_state)
      : spool_(spool), clock_(clock), on_state_(std::move(on_state)) {}

  // --- from any thread ---
  [[nodiscard]] SpoolState state() const { return state_.load(std::memory_order_acquire); }
  [[nodiscard]] std::string detail() const;  // why the state is not ok; empty where it is
  // Returns how long ago the work under way last made progress; 0 while there is nothing to do, or no room.
  [[nodiscard]] std::int64_t busy_us() const;

  // --- on the committer's thread ---
  // Enters the state in which `error`, which may pass, is waited out; does nothing where that is the state already.
  void wait_out(const base::Error& error);
  void enter_ok();
  void fail(const base::Error& error);
  void made_progress() { progress_us_.store(clock_.monotonic_us(), std::memory_order_relaxed); }
  void become_idle() { progress_us_.store(kIdle, std::memory_order_relaxed); }

 private:
  static constexpr std::int64_t kIdle = 0;

  void enter(SpoolState state, const std::string& detail);

  const spool::Spool& spool_;
  const base::Clock& clock_;
  const OnState on_state_;
  std::atomic<SpoolState> state_{SpoolState::kOk};
  std::atomic<std::int64_t> progress_us_{kIdle};  // monotonic
  mutable std::mutex mutex_;                      // of detail_
  std::string detail_;
};

}  // namespace crawlspool::commit
