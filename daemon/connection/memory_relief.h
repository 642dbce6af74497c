// Which sources of a loop wait for memory or for room on the disk, who of them goes on when there is some, and who is
// shed when nothing else makes room: frames under way must always be able to end, so that those behind them can begin.
// On the loop's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/base/connection_id.h"
#include "daemon/commit/appender.h"
#include "daemon/commit/memory_budget.h"
#include "daemon/connection/memory_shares.h"
#include "daemon/connection/running_time.h"
#include "daemon/connection/source_table.h"

namespace crawlspool::connection {

class IoLoop;

class MemoryRelief {
 public:
  // All outlive it. `loops` are those that share the budget, this one among them.
  MemoryRelief(commit::MemoryBudget& budget, const commit::Appender& appender, const MemoryShares& shares,
               SourceTable& sources, RunningTime& time, const std::vector<IoLoop*>& loops)
      : budget_(budget), appender_(appender), shares_(shares), sources_(sources), time_(time), loops_(loops) {}
  MemoryRelief(const MemoryRelief&) = delete;
  MemoryRelief& operator=(const MemoryRelief&) = delete;

  // --- for sources ---
  // The source goes on when there is memory, or room on the disk, again.
  void wait(base::ConnectionId id) { waiting_.push_back(id); }
  // Whether a source may go on with a batch that came whole, with the budget used up or not: something has to move.
  [[nodiscard]] bool may_go_on_with_batch(base::ConnectionId id, bool is_decompressed) const;
  // The batch is all taken in, or dropped.
  void batch_done(base::ConnectionId id);
  // One of those that wait may be able to go on: this looks at them when the loop's turn ends.
  void look_at_waiting() { look_at_waiting_ = true; }
  // Answers that are not sent hold so many bytes more, or fewer, modulo 2^64.
  void count_output(std::uint64_t more_bytes) { output_bytes_ += more_bytes; }

  // --- for the loop ---
  void resume_waiting();
  void tick();
  void turn_end();

 private:
  void relieve();
  [[nodiscard]] bool may_be_trimmed_soon();
  // Something is on its way to the disk that will give memory back by itself.
  [[nodiscard]] bool is_anything_under_way() const;
  // Nothing else makes room, and what has come whole may go on beyond the limit.
  [[nodiscard]] bool may_go_beyond() const;
  void drop_unread_answers();
  [[nodiscard]] bool let_a_whole_batch_go_on();
  [[nodiscard]] Source* slowest_unfinished() const;

  commit::MemoryBudget& budget_;
  const commit::Appender& appender_;
  const MemoryShares& shares_;
  SourceTable& sources_;
  RunningTime& time_;
  const std::vector<IoLoop*>& loops_;
  std::vector<base::ConnectionId> waiting_;
  std::uint64_t output_bytes_ = 0;  // of all answers that are not sent
  std::optional<std::int64_t> trim_awaited_since_ms_;
  bool look_at_waiting_ = false;
};

}  // namespace crawlspool::connection
