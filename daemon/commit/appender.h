// Fills one loop's batches and passes them to the committer: while one is under way, the next fills. Used on the loop's
// thread only. Owns the loop's memory account.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/commit/append_batch.h"
#include "daemon/commit/committer.h"
#include "daemon/commit/memory_budget.h"
#include "daemon/spool/control/rejected_log.h"
#include "daemon/spool/lines/line.h"

namespace crawlspool::commit {

// Says when a read brought its bytes.
struct ReadTime {
  char timestamp[base::kTimestampBytes];
  std::int64_t wall_us;
  std::int64_t monotonic_us;
};

// Says whose records they are. The connection, or the request, owns it.
struct RecordSource {
  base::ConnectionId connection = 0;
  std::optional<spool::SessionKey> session;
  spool::SessionOwner owner;
  bool acks_once_written = false;
  // Its records are counted under these.
  proto::Input input{};
  std::size_t stream_label = StreamLabels::kNone;

  // The appender's: the indexes of its marks in the batch being filled, so that it has one mark of each kind a batch.
  std::uint64_t batch_number = 0;
  std::size_t connection_mark = 0;
  std::size_t session_mark = 0;
};

// Says how far a source has come.
struct Progress {
  std::uint64_t seq = 0;          // in the connection's count
  std::uint64_t session_seq = 0;  // in the session's
  std::uint64_t rejected = 0;     // of the records since the last time
  std::uint64_t added = 0;        // the others of them
};

class Appender {
 public:
  // All outlive it. Batches come back to `sink` on the committer's thread; the sink brings them to give_back().
  Appender(Committer& committer, CompletionSink& sink, MemoryBudget& budget);

  // `record` has passed the checker. Returns the line's length.
  std::size_t add_record(const spool::Origin& origin, const ReadTime& when, std::uint64_t seq, std::string_view record);
  std::size_t add_reject(const spool::RejectedRecord& record, proto::RejectCode code, const ReadTime& when);
  // Everything that the source sent up to there is in this batch or an earlier one.
  void advance(RecordSource& source, const Progress& progress);
  void request_probe() { filling_->is_probe = true; }
  // The reply comes once everything added so far is synced.
  void request_lease(session::LeaseRequest request) { filling_->lease_requests.push_back(std::move(request)); }
  void end_session(spool::SessionKey session) { filling_->ended_sessions.push_back(session); }
  // Calls back, on this thread, once everything added so far is synced.
  void after_all(std::function<void()> callback);

  // Submits the batch if no commit is under way; called once a turn of the loop. True if nothing is left to submit.
  bool turn_end();

  // Takes a batch that came back; its memory is used again.
  void give_back(std::unique_ptr<AppendBatch> batch);

  // Whether as much waits as a commit takes while one is under way: more would only delay everybody's acks.
  [[nodiscard]] bool is_full() const;
  // Whether more would hardly make the commit cheaper.
  [[nodiscard]] bool is_worth_a_commit() const { return filling_->bytes() >= kWorthCommitBytes; }
  [[nodiscard]] bool has_unsynced() const { return under_way_ > 0 || !filling_->empty(); }
  [[nodiscard]] MemoryAccount& memory() { return memory_; }

 private:
  void charge(std::size_t bytes);
  void submit();
  [[nodiscard]] std::unique_ptr<AppendBatch> fresh_batch();

  Committer& committer_;
  CompletionSink& sink_;
  MemoryAccount memory_;
  std::vector<std::unique_ptr<AppendBatch>> spare_;
  std::uint64_t next_number_ = 1;
  std::size_t under_way_ = 0;
  std::unique_ptr<AppendBatch> filling_;  // made from all of the above
};

}  // namespace crawlspool::commit
