// Serves many connections with one timer: a wheel of buckets, each a tick wide. Approximate by one tick, never
// early. The wheel only says "look at this one now"; whoever is looked at knows what is due.
// Pure: takes the time, so that tests move it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace crawlspool::net {

class TimerWheel {
 public:
  using Id = std::uint64_t;

  TimerWheel(std::int64_t tick_ms, std::size_t buckets, std::int64_t now_ms);

  // Calls back for `id` at or soon after `due_ms`. Each call adds an entry: callers arm again only for an earlier time,
  // or once they were called. Beyond the wheel's span it calls back early, at the span's end, to be armed again.
  void arm(Id id, std::int64_t due_ms);

  // Calls `on_due` for every entry due by `now_ms`; it may arm again.
  void advance(std::int64_t now_ms, const std::function<void(Id)>& on_due);

 private:
  [[nodiscard]] std::int64_t tick_of(std::int64_t time_ms) const { return time_ms / tick_ms_; }

  std::int64_t tick_ms_;
  std::int64_t current_tick_;
  std::vector<std::vector<Id>> buckets_;
};

}  // namespace crawlspool::net
