// Which connections' beginnings and ends get a line of the log each, and how many do not: a peer may open and close as
// many as it likes. Above kLifeRate they are counted, and summed up in a line now and then. Thread-safe; touched twice
// a connection.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/log_limiter.h"
#include "daemon/connection/close_counts.h"
#include "daemon/connection/source.h"

namespace crawlspool::connection {

class ConnectionLog {
 public:
  explicit ConnectionLog(const base::Clock& clock) : clock_(clock) {}

  // Logs the beginning, or counts it.
  void opened(const Source& source);
  // The same for an end; `reason` as in CloseCounts. `bytes`: those that were read.
  void closed(const Source& source, std::string_view reason, std::uint64_t bytes, std::int64_t age_ms);

  // Whether a beginning gets a line of its own; else it is counted.
  [[nodiscard]] bool admits_open();
  [[nodiscard]] bool admits_close(std::string_view reason);

  struct Unlogged {
    std::uint64_t opened = 0;
    std::uint64_t closed = 0;
    CloseCounts::ByReason reasons;
  };
  // Since the last call.
  [[nodiscard]] Unlogged take_unlogged();
  // Logs it, if there is any.
  void log_summary();

 private:
  const base::Clock& clock_;
  std::mutex mutex_;
  base::LogAllowance opens_;
  base::LogAllowance closes_;
  Unlogged unlogged_;
};

}  // namespace crawlspool::connection
