// The thread that makes batches durable. It takes whatever has come together, writes it, syncs once for all, and hands
// the batches back; while it syncs, the next ones fill. It needs no timer and no tuning: an idle system syncs each
// record at once, a busy one many with one sync.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <thread>

#include "config/model.h"
#include "daemon/base/clock.h"
#include "daemon/commit/append_batch.h"
#include "daemon/commit/batch_queue.h"
#include "daemon/commit/commit_stats.h"
#include "daemon/commit/line_chunks.h"
#include "daemon/commit/spool_status.h"
#include "daemon/commit/sync_schedule.h"
#include "daemon/session/register.h"
#include "daemon/spool/write/spool.h"

namespace crawlspool::commit {

class Committer {
 public:
  struct Options {
    config::SyncPolicy sync = config::SyncPolicy::kAlways;
    std::int64_t sync_interval_ms = 0;
    session::SessionRegister::Limits sessions{};
  };
  using LiveOptions = commit::LiveOptions;
  using OnState = SpoolStatus::OnState;  // on the committer's thread

  // `spool` and `clock` outlive it. The thread starts at once.
  Committer(spool::Spool& spool, const Options& options, const base::Clock& clock, OnState on_state);
  ~Committer();

  // --- from any thread ---
  void submit(std::unique_ptr<AppendBatch> batch) { queue_.push(std::move(batch)); }
  // They count for whatever is submitted from now on.
  void set_live_options(const LiveOptions& options) { queue_.set_live_options(options); }
  // Commits what was submitted, closes the spool, calls `on_finished` on the committer's thread and ends that. Nothing
  // may be submitted any more. With a full disk it waits for room, without descriptors for one.
  void finish(std::function<void()> on_finished) { queue_.close(std::move(on_finished)); }

  [[nodiscard]] SpoolState state() const { return status_.state(); }
  [[nodiscard]] CommitStats stats() const;
  // Returns how long the work on the disk that is under way has taken since it last made progress; 0 while it waits for
  // something to do, or for room.
  [[nodiscard]] std::int64_t busy_us() const { return status_.busy_us(); }
  [[nodiscard]] Latency& latency() { return counters_.latency(); }
  // False where an ack means "written" only.
  [[nodiscard]] bool syncs_before_ack() const { return syncs_.is_before_ack(); }

 private:
  void run();
  void watch();
  [[nodiscard]] Batches take();
  void take_live_options();
  void commit(Batches& batches);
  void hand_back(Batches& batches, std::size_t count);
  [[nodiscard]] base::Result<void> hand_back_early(Batches& batches, std::size_t count);
  void reply_to_lease_requests(AppendBatch& batch);

  [[nodiscard]] base::Result<void> store(Batches& batches);
  [[nodiscard]] base::Result<void> store_rejects(BatchView batches);
  [[nodiscard]] base::Result<void> store_lines(Batches& batches);
  [[nodiscard]] base::Result<std::size_t> store_some(const PendingLines& pending,
                                                     std::span<const spool::SessionMark> sessions, BatchView batches);
  [[nodiscard]] base::Result<void> sync_for_lease_requests(BatchView batches);

  [[nodiscard]] base::Result<void> until_there_is_room(std::size_t bytes,
                                                       const std::function<base::Result<void>()>& attempt);
  void wait_for_room(std::uint64_t bytes);
  void fail(const base::Error& error);
  void publish() { counters_.observe(spool_, syncs_.syncs(), sessions_.connected()); }

  spool::Spool& spool_;
  const base::Clock& clock_;
  BatchQueue queue_;
  SpoolStatus status_;
  CommitCounters counters_;
  SyncSchedule syncs_;  // this and all below are the thread's own
  session::SessionRegister sessions_;
  std::int64_t forget_at_us_ = 0;  // monotonic

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace crawlspool::commit
