// log_warn_limited() for one event word that peers can cause many times in a moment: asked first, so that a line that
// is left out is not put together. Thread-safe as the log is; an object is one thread's.
#pragma once

#include <cstdint>
#include <string_view>

#include "daemon/base/log.h"

namespace crawlspool::base {

class LimitedEvent {
 public:
  explicit LimitedEvent(std::string_view event) : event_(event) {}
  // Whether a line may pass now (monotonic); else it is counted as left out.
  [[nodiscard]] bool admits(std::int64_t now_us);
  // The line that was admitted last.
  void warn(LogFields fields);

 private:
  std::string_view event_;
  std::uint64_t suppressed_ = 0;
};

}  // namespace crawlspool::base
