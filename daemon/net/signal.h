// Delivers a Unix signal on a loop's thread.
#pragma once

#include <functional>

#include "daemon/net/handle.h"
#include "daemon/net/loop.h"

namespace crawlspool::net {

class Signal {
 public:
  Signal(Loop& loop, int number, std::function<void()> on_signal);

 private:
  std::function<void()> on_signal_;
  HandlePtr<uv_signal_s> handle_;
};

// A peer that is gone, or a file over RLIMIT_FSIZE, is an error of the write and not of the process.
void ignore_write_signals();

}  // namespace crawlspool::net
