#include "daemon/server/resident_watch.h"

#include <algorithm>

#include "daemon/admin/process_figures.h"
#include "daemon/server/resource_limits.h"

namespace crawlspool::server {
namespace {

constexpr std::uint64_t kEveryMs = 100;
// Free memory is given back above the limit and this; the budget learns of it somewhat above that.
constexpr std::int64_t kKeptBytes = commit::MemoryBudget::kUnaccountedBytesMax * 3 / 4;

}  // namespace

void TrimSchedule::trimmed(std::int64_t now_us, std::uint64_t freed_bytes) {
  every_us_ = freed_bytes >= kWorthBytes ? kEveryUsMin : std::min(2 * every_us_, kEveryUsMax);
  due_us_ = now_us + every_us_;
}

ResidentWatch::ResidentWatch(net::Loop& loop, commit::MemoryBudget& budget, const base::Clock& clock)
    : budget_(budget), clock_(clock), timer_(loop, [this] { look(); }) {
  timer_.start(kEveryMs, kEveryMs);
}

void ResidentWatch::look() {
  std::uint64_t bytes = admin::own_resident_bytes();
  if (wants_trim(bytes) && trims_.is_due(clock_.monotonic_us())) {
    const std::uint64_t before = std::exchange(bytes, (give_free_memory_back(), admin::own_resident_bytes()));
    trims_.trimmed(clock_.monotonic_us(), before - std::min(before, bytes));
  }
  budget_.note_resident(bytes);
}

bool ResidentWatch::wants_trim(std::uint64_t resident_bytes) const {
  const auto resident = static_cast<std::int64_t>(resident_bytes);
  return resident > budget_.limit() + kKeptBytes ||
         (resident - budget_.accounted() > commit::MemoryBudget::kUnaccountedBytesMax && !budget_.may_begin());
}

}  // namespace crawlspool::server
