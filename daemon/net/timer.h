// Owns a timer on a loop's thread. It does not keep time under load: what is due runs when the loop turns.
#pragma once

#include <cstdint>
#include <functional>

#include "daemon/net/handle.h"
#include "daemon/net/loop.h"

namespace crawlspool::net {

class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_due);

  void start(std::uint64_t after_ms, std::uint64_t repeat_ms = 0);  // again: replaces what was set
  void stop();

 private:
  std::function<void()> on_due_;
  HandlePtr<uv_timer_s> handle_;
};

}  // namespace crawlspool::net
