// The thread that turns batches into durable bytes. It takes whatever has come together, writes it, syncs once for
// all, and hands the batches back; while it syncs, the next ones fill. No timer, no tuning: an idle system syncs each
// record at once, a busy one many with one sync.
//
//   ok ──► disk_full ──► ok          batches wait here until there is room; nothing is acked meanwhile
//    ├───► no_descriptors ──► ok     the same, until a file can be opened
//    └───► failed (final)            every batch from now on comes back as not stored
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "config/model.h"
#include "daemon/base/clock.h"
#include "daemon/base/histogram.h"
#include "daemon/commit/append_batch.h"
#include "daemon/commit/latency.h"
#include "daemon/commit/pending_lines.h"
#include "daemon/session/register.h"
#include "daemon/spool/write/spool.h"

namespace crawlspool::commit {

enum class SpoolState { kOk, kDiskFull, kNoDescriptors, kFailed };

// The spool takes nothing, until that passes by itself.
[[nodiscard]] inline bool is_waiting(SpoolState state) {
  return state == SpoolState::kDiskFull || state == SpoolState::kNoDescriptors;
}
// For what it waits.
[[nodiscard]] inline proto::SlowReason slow_reason(SpoolState waiting) {
  return waiting == SpoolState::kNoDescriptors ? proto::SlowReason::kNoDescriptors : proto::SlowReason::kDiskFull;
}

struct CommitStats {
  std::string state_detail;  // why the state is not ok; empty: it is
  std::uint64_t records = 0;
  std::uint64_t record_bytes = 0;
  std::array<StreamCounts, proto::kRecordTransports> records_by_stream{};  // by transport, then by label
  std::array<std::uint64_t, proto::kRejectCodes> rejects_by_code{};
  std::uint64_t rejects_cut = 0;  // kept in part, because their senders' came too fast
  std::uint64_t commits = 0;
  base::Histogram commit_duration;  // of commits that brought something: until its batches go back
  base::Histogram ack_latency;      // of records: from the read that brought their batch's first to the return
  std::uint64_t syncs = 0;
  spool::Position position = 0;
  spool::Position durable = 0;
  std::uint64_t growing_bytes = 0;    // of the segment that is written to
  spool::BackgroundStats background;  // sealed segments, and what was done to them
  std::uint64_t free_bytes = 0;
  std::uint64_t rejected_bytes = 0;
  std::uint64_t sessions = 0;  // remembered
  std::uint64_t sessions_connected = 0;
  std::int64_t last_proof_us = 0;  // monotonic: when a write was last synced
};

class Committer {
 public:
  struct Options {
    config::SyncPolicy sync = config::SyncPolicy::kAlways;
    std::int64_t sync_interval_ms = 0;
    session::SessionRegister::Limits sessions{};
  };
  // What may change while it runs.
  struct LiveOptions {
    session::SessionRegister::Limits sessions{};
    spool::SpoolOptions spool{};
  };
  using OnState = std::function<void(SpoolState)>;  // on the committer's thread

  // `spool` and `clock` outlive it. The thread starts at once.
  Committer(spool::Spool& spool, const Options& options, const base::Clock& clock, OnState on_state);
  ~Committer();

  void submit(std::unique_ptr<AppendBatch> batch);  // from any thread

  // In force for whatever is submitted from now on. From any thread.
  void set_live_options(const LiveOptions& options);

  // Commits what was submitted, closes the spool, calls `on_finished` on its thread and ends it. Nothing may be
  // submitted any more. With a full disk it waits for room, without descriptors for one.
  void finish(std::function<void()> on_finished);

  [[nodiscard]] SpoolState state() const { return state_.load(std::memory_order_acquire); }
  [[nodiscard]] CommitStats stats() const;
  // How long the work on the disk that is under way has taken since it last got on; 0 while it waits for something to
  // do, or for room. From any thread.
  [[nodiscard]] std::int64_t busy_us() const;
  [[nodiscard]] Latency& latency() { return latency_; }
  // False where an ack means "written" only.
  [[nodiscard]] bool syncs_before_ack() const { return options_.sync == config::SyncPolicy::kAlways; }

 private:
  static constexpr std::int64_t kIdle = 0;
  using Batches = std::vector<std::unique_ptr<AppendBatch>>;
  using BatchView = std::span<const std::unique_ptr<AppendBatch>>;

  void run();
  [[nodiscard]] Batches take();
  void take_live_options();  // with the lock held
  void commit(Batches& batches);
  void hand_back(Batches& batches, std::size_t count);
  [[nodiscard]] base::Result<void> hand_back_early(Batches& batches, std::size_t count);
  [[nodiscard]] base::Result<void> store(Batches& batches);
  [[nodiscard]] base::Result<void> store_rejects(const Batches& batches);
  [[nodiscard]] base::Result<void> store_lines(Batches& batches);
  [[nodiscard]] base::Result<std::size_t> store_some(const PendingLines& pending,
                                                     std::span<const spool::SessionMark> sessions,
                                                     const Batches& batches);
  [[nodiscard]] base::Result<void> sync_for_questions(BatchView batches);
  void tell_written(const Batches& batches);
  void answer_questions(AppendBatch& batch);
  [[nodiscard]] base::Result<void> sync_if_due(bool wrote, bool probe);
  [[nodiscard]] base::Result<void> sync_now();
  [[nodiscard]] base::Result<void> until_there_is_room(std::size_t bytes,
                                                       const std::function<base::Result<void>()>& attempt);
  void wait_for(SpoolState waiting, std::uint64_t bytes);
  void watch();
  void got_on() { got_on_us_.store(clock_.monotonic_us(), std::memory_order_relaxed); }
  [[nodiscard]] bool is_done() const;
  void enter_waiting(SpoolState waiting, const std::string& detail);
  void enter(SpoolState state, const std::string& detail = {});  // why, unless it is ok
  void fail(const base::Error& error);
  void count_stored(BatchView batches);
  void publish();
  [[nodiscard]] bool sync_is_due() const;

  spool::Spool& spool_;
  const Options options_;
  const base::Clock& clock_;
  OnState on_state_;
  std::atomic<SpoolState> state_{SpoolState::kOk};
  Latency latency_;
  std::atomic<std::int64_t> got_on_us_{kIdle};  // monotonic

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<AppendBatch>> queue_;
  std::optional<LiveOptions> live_options_;  // not in force yet
  bool finishing_ = false;
  std::function<void()> on_finished_;
  CommitStats stats_;

  // The thread's own.
  session::SessionRegister sessions_;
  std::int64_t forget_at_us_ = 0;
  std::int64_t commit_begun_us_ = 0;
  std::uint64_t syncs_ = 0;
  bool unsynced_ = false;  // with an interval: lines are written and not synced
  std::int64_t last_sync_us_ = 0;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace crawlspool::commit
