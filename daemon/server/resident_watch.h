// Keeps what the process really holds within reach of limits.memory_bytes_max: informs the budget, and gives free
// memory that lies in the heap back to the system where it would take the process beyond. Elsewhere it stays in the
// heap: to take it again from the system costs more. Used on the first loop's thread.
#pragma once

#include <cstdint>
#include <functional>

#include "daemon/base/clock.h"
#include "daemon/commit/memory_budget.h"
#include "daemon/net/loop.h"
#include "daemon/net/timer.h"

namespace crawlspool::server {

class TrimSchedule {
 public:
  static constexpr std::int64_t kEveryUsMin = 250'000;
  static constexpr std::int64_t kEveryUsMax = 16'000'000;
  static constexpr std::uint64_t kWorthBytes = 4 * 1024 * 1024;

  [[nodiscard]] bool is_due(std::int64_t now_us) const { return now_us >= due_us_; }
  // Where a trim has not brought much, the next one waits twice as long.
  void trimmed(std::int64_t now_us, std::uint64_t freed_bytes);

 private:
  std::int64_t due_us_ = 0;
  std::int64_t every_us_ = kEveryUsMin;
};

class ResidentWatch {
 public:
  ResidentWatch(net::Loop& loop, commit::MemoryBudget& budget, const base::Clock& clock);

 private:
  void look();
  [[nodiscard]] bool wants_trim(std::uint64_t resident_bytes) const;

  commit::MemoryBudget& budget_;
  const base::Clock& clock_;
  TrimSchedule trims_;
  net::Timer timer_;
};

}  // namespace crawlspool::server
