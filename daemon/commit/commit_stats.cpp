#include "daemon/commit/commit_stats.h"

namespace crawlspool::commit {
namespace {

void add_counts(CommitStats& sums, const AppendBatch& batch) {
  for (const proto::Input input : proto::kAllInputs) sums.records_by_input[input] += batch.records_by_input[input];
  for (std::size_t label = 0; label < StreamLabels::kCount; ++label)
    sums.records_by_stream[label] += batch.records_by_stream[label];
}

bool has_bytes(const AppendBatch& batch) { return batch.bytes() > 0; }

}  // namespace

void CommitCounters::count(BatchView batches, bool are_synced) {
  const std::int64_t now_us = clock_.monotonic_us();
  const std::lock_guard lock(mutex_);
  ++stats_.commits;
  if (any_of(batches, has_bytes)) stats_.commit_duration.add(now_us - begun_us_);
  begun_us_ = now_us;
  if (are_synced) stats_.last_proof_us = now_us;
  for (const auto& batch : batches) {
    stats_.records += batch->records;
    stats_.record_bytes += batch->record_bytes;
    for (std::size_t i = 0; i < proto::kRejectCodes; ++i) stats_.rejects_by_code[i] += batch->rejects_by_code[i];
    stats_.rejects_cut += batch->rejects_cut;
    add_counts(stats_, *batch);
    if (batch->records == 0) continue;
    const std::int64_t waited_us = now_us - batch->first_taken_us;
    latency_.add(waited_us, batch->records, now_us);
    stats_.ack_latency.add(waited_us, batch->records);
  }
}

void CommitCounters::observe(spool::Spool& spool, std::uint64_t syncs, std::uint64_t sessions_connected) {
  const std::uint64_t free_bytes = spool.free_bytes();
  const spool::MaintenanceStats maintenance = spool.maintenance_stats();
  const std::lock_guard lock(mutex_);
  stats_.syncs = syncs;
  stats_.position = spool.position();
  stats_.durable = spool.durable();
  stats_.maintenance = maintenance;
  stats_.active_bytes = spool.active_bytes();
  stats_.free_bytes = free_bytes;
  stats_.rejected_bytes = spool.rejected().bytes();
  stats_.sessions = spool.sessions().size();
  stats_.sessions_connected = sessions_connected;
}

CommitStats CommitCounters::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace crawlspool::commit
