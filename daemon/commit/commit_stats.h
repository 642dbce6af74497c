// Counts what the committer has done so far, for /metrics, /status and the log's summary. The committer's thread
// counts, any thread reads.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/base/histogram.h"
#include "daemon/commit/append_batch.h"
#include "daemon/commit/latency.h"
#include "daemon/spool/write/spool.h"

namespace crawlspool::commit {

struct CommitStats {
  std::string state_detail;  // why the spool's state is not ok; empty where it is
  std::uint64_t records = 0;
  std::uint64_t record_bytes = 0;
  proto::PerInput<std::uint64_t> records_by_input;
  StreamCounts records_by_stream{};  // by label
  std::array<std::uint64_t, proto::kRejectCodes> rejects_by_code{};
  std::uint64_t rejects_cut = 0;  // kept in part, because their senders had too many
  std::uint64_t commits = 0;
  base::Histogram commit_duration;  // of commits that brought something, until their batches go back
  base::Histogram ack_latency;      // of records: from the read that brought their batch's first to the return
  std::uint64_t syncs = 0;
  spool::Position position = 0;
  spool::Position durable = 0;
  std::uint64_t active_bytes = 0;       // of the segment that is written to
  spool::MaintenanceStats maintenance;  // sealed segments, and what was done to them
  std::uint64_t free_bytes = 0;
  std::uint64_t rejected_bytes = 0;
  std::uint64_t sessions = 0;  // remembered
  std::uint64_t sessions_connected = 0;
  std::int64_t last_proof_us = 0;  // monotonic: when a write was last synced
};

class CommitCounters {
 public:
  // `clock` outlives it.
  explicit CommitCounters(const base::Clock& clock) : clock_(clock) {}

  // --- on the committer's thread ---
  void begin_commit() { begun_us_ = clock_.monotonic_us(); }
  // Counts batches of the commit under way that are stored. `are_synced`: a sync has proved that the disk works.
  void count(BatchView batches, bool are_synced);
  // Counts what the spool says of itself.
  void observe(spool::Spool& spool, std::uint64_t syncs, std::uint64_t sessions_connected);

  // --- from any thread ---
  [[nodiscard]] CommitStats stats() const;  // without state_detail
  [[nodiscard]] Latency& latency() { return latency_; }

 private:
  const base::Clock& clock_;
  std::int64_t begun_us_ = 0;  // monotonic, of the commit under way or of its part that is not counted yet
  Latency latency_;
  mutable std::mutex mutex_;
  CommitStats stats_;
};

}  // namespace crawlspool::commit
