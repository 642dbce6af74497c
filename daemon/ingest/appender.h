// Fills one loop's batches and passes them to the committer: one is under way, the next fills meanwhile. On the loop's
// thread only. Owns the loop's memory account.
#pragma once

#include <memory>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/ingest/append_batch.h"
#include "daemon/ingest/committer.h"
#include "daemon/ingest/memory_budget.h"
#include "daemon/spool/line.h"
#include "daemon/spool/rejected_log.h"

namespace crawlspool::ingest {

// When a read brought its bytes.
struct ReadTime {
  char timestamp[base::kTimestampBytes];
  std::int64_t monotonic_us;
};

class Appender {
 public:
  // A connection's newest place in the batch being filled, so that it has one settlement a batch.
  struct Mark {
    std::uint64_t batch_number = 0;
    std::size_t index = 0;
  };

  // All outlive it. Batches come back to `sink` on the committer's thread, which brings them to give_back().
  Appender(Committer& committer, CompletionSink& sink, MemoryBudget& budget);

  // `record` has passed the checker. Returns the line's length.
  std::size_t add_record(const spool::Origin& origin, const ReadTime& when, std::uint64_t seq, std::string_view record);
  std::size_t add_reject(const spool::RejectedRecord& record, proto::RejectCode code, const ReadTime& when);
  // Everything the connection sent up to `seq` is in this batch or an earlier one.
  void settle(ConnectionId connection, std::uint64_t seq, Mark& mark);
  void request_probe() { filling_->is_probe = true; }

  // Once a turn of the loop.
  void turn_end();

  // A batch that came back, with what it held; its memory is used again.
  void give_back(std::unique_ptr<AppendBatch> batch);

  [[nodiscard]] bool has_unsettled() const { return under_way_ > 0 || !filling_->empty(); }
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

}  // namespace crawlspool::ingest
