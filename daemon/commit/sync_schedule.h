// Decides when the spool is synced: before each ack, once an interval, or at a clean stop only (`spool.sync`). Used on
// the committer's thread. Source: FORMAT.md, "Rules" 1 and 3.
#pragma once

#include <chrono>
#include <cstdint>

#include "config/model.h"
#include "daemon/base/clock.h"
#include "daemon/base/error.h"
#include "daemon/commit/spool_status.h"
#include "daemon/spool/write/spool.h"

namespace crawlspool::commit {

class SyncSchedule {
 public:
  struct Policy {
    config::SyncPolicy sync = config::SyncPolicy::kAlways;
    std::int64_t interval_ms = 0;
  };

  // All references outlive it.
  SyncSchedule(spool::Spool& spool, SpoolStatus& status, Policy policy, const base::Clock& clock)
      : spool_(spool), status_(status), policy_(policy), clock_(clock) {}

  // False where an ack means "written" only.
  [[nodiscard]] bool is_before_ack() const { return policy_.sync == config::SyncPolicy::kAlways; }
  // Whether lines are written that no sync has made durable.
  [[nodiscard]] bool has_unsynced() const { return has_unsynced_; }
  // Whether the interval is over.
  [[nodiscard]] bool is_due() const;
  // Returns how long until is_due(); the greatest duration where no interval runs.
  [[nodiscard]] std::chrono::microseconds until_due() const;
  [[nodiscard]] std::uint64_t syncs() const { return syncs_; }

  void note_appended() { has_unsynced_ = true; }
  // Syncs what was appended, if it is time; otherwise proves that a write can be synced, if a probe asks for that.
  [[nodiscard]] base::Result<void> sync_if_due(bool for_probe);
  [[nodiscard]] base::Result<void> sync_now();
  // Is called when the spool has failed: nothing is synced any more.
  void give_up() { has_unsynced_ = false; }

 private:
  spool::Spool& spool_;
  SpoolStatus& status_;
  const Policy policy_;
  const base::Clock& clock_;
  std::uint64_t syncs_ = 0;
  bool has_unsynced_ = false;
  std::int64_t last_sync_us_ = 0;  // monotonic
};

}  // namespace crawlspool::commit
