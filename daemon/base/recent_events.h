// Keeps the log's newest events in memory for the admin port: the last of all, and the last warnings and errors, which
// a busy hour's other lines do not push out. Bounded. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace crawlspool::base {

class RecentEvents {
 public:
  static constexpr std::size_t kOfEach = 100;
  static constexpr std::size_t kBytesMax = 2048;  // a longer event is not kept

  // `json` is the event as an object.
  void add(std::string json, bool is_warning);
  // Returns, oldest first, {"events":[…]}.
  [[nodiscard]] std::string json() const;

 private:
  struct Event {
    std::uint64_t number;
    std::string json;
  };
  using Events = std::deque<Event>;

  mutable std::mutex mutex_;
  std::uint64_t next_number_ = 0;
  Events warnings_;
  Events others_;
};

}  // namespace crawlspool::base
