// Makes what log lines go to: stderr, a file that can be reopened, or journald's native protocol.
// Used by the log's own thread only, but for the reopen request.
#pragma once

#include <spdlog/sinks/sink.h>

#include <memory>

#include "daemon/base/log.h"
#include "daemon/base/recent_events.h"

namespace crawlspool::base {

// This sink may be asked from any thread to open its file again before the next line.
class LogSink : public spdlog::sinks::sink {
 public:
  virtual void request_reopen() {}
};

// Returns kConfig or kIo if the destination cannot be opened. `auto` is journald where stderr is connected to the
// journal.
[[nodiscard]] Result<std::shared_ptr<LogSink>> make_log_sink(const LogOptions& options);

// Keeps what is logged in `events`.
[[nodiscard]] std::shared_ptr<LogSink> make_recent_sink(std::shared_ptr<RecentEvents> events);

}  // namespace crawlspool::base
