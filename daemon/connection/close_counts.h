// How many connections have ended for which reason, over all loops. Thread-safe; touched once a connection.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace crawlspool::connection {

class CloseCounts {
 public:
  using ByReason = std::map<std::string, std::uint64_t, std::less<>>;

  // `reason` is one of the daemon's own words, as conn_close logs it: there are only so many.
  void count(std::string_view reason) {
    const std::lock_guard lock(mutex_);
    const auto counted = by_reason_.find(reason);
    if (counted == by_reason_.end())
      by_reason_.emplace(reason, 1);
    else
      ++counted->second;
  }

  [[nodiscard]] ByReason by_reason() const {
    const std::lock_guard lock(mutex_);
    return by_reason_;
  }

 private:
  mutable std::mutex mutex_;
  ByReason by_reason_;
};

}  // namespace crawlspool::connection
