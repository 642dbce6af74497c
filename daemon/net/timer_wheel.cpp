#include "daemon/net/timer_wheel.h"

#include <algorithm>
#include <utility>

namespace crawlspool::net {

TimerWheel::TimerWheel(std::int64_t tick_ms, std::size_t buckets, std::int64_t now_ms)
    : tick_ms_(tick_ms), current_tick_(now_ms / tick_ms), buckets_(buckets) {}

void TimerWheel::arm(Id id, std::int64_t due_ms) {
  const auto span = static_cast<std::int64_t>(buckets_.size());
  // The tick after the one it falls into: never early.
  const std::int64_t tick = std::clamp(tick_of(due_ms) + 1, current_tick_ + 1, current_tick_ + span - 1);
  buckets_[static_cast<std::size_t>(tick % span)].push_back(id);
}

void TimerWheel::advance(std::int64_t now_ms, const std::function<void(Id)>& on_due) {
  const auto span = static_cast<std::int64_t>(buckets_.size());
  const std::int64_t target = tick_of(now_ms);
  // After a gap longer than the wheel's span every bucket is due once.
  if (target - current_tick_ > span) current_tick_ = target - span;
  while (current_tick_ < target) {
    ++current_tick_;
    const std::vector<Id> due = std::exchange(buckets_[static_cast<std::size_t>(current_tick_ % span)], {});
    for (const Id id : due) on_due(id);
  }
}

}  // namespace crawlspool::net
