// How long the commands of one connection have waited for a spool that takes nothing, and when that has been long
// enough: then they are replied to with an error, and so is what comes within a second behind it, since that was on its
// way already. On the loop's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/connection/io_loop.h"
#include "daemon/connection/protocol.h"

namespace crawlspool::redis {

class DiskWait {
 public:
  // `io` outlives it.
  explicit DiskWait(connection::IoLoop& io) : io_(io) {}

  [[nodiscard]] bool is_spool_waiting() const { return is_waiting(io_.shared().committer.state()); }
  // Something waits from now on, if nothing did.
  void begin() {
    if (!since_ms_) since_ms_ = io_.now_ms();
  }
  // Nothing waits any more.
  void end() { since_ms_.reset(); }
  // Returns when that is timeouts.write ago.
  [[nodiscard]] std::int64_t deadline_ms() const {
    return since_ms_ ? *since_ms_ + io_.config()->timeouts.write_ms : connection::Protocol::kNever;
  }
  void begin_refusing() { refuses_until_ms_ = io_.now_ms() + kRefuseMs; }
  [[nodiscard]] bool is_refusing() const { return io_.now_ms() < refuses_until_ms_; }
  // Returns the reply to what has waited in vain.
  [[nodiscard]] std::string error() const;

 private:
  static constexpr std::int64_t kRefuseMs = 1000;

  connection::IoLoop& io_;
  std::optional<std::int64_t> since_ms_;
  std::int64_t refuses_until_ms_ = 0;
};

}  // namespace crawlspool::redis
