// Delivers a Unix signal on a loop's thread, and what the others do to the process.
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

// Call it before other threads exist. A peer that is gone (SIGPIPE) and a file over RLIMIT_FSIZE (SIGXFSZ) are errors
// of the write and not of the process; SIGUSR1 and SIGUSR2, which mean something to other daemons, are ignored; and
// whatever the parent has blocked is let through, or nothing but SIGKILL would end the process.
void set_up_signals();

// Prepares the end, when no loop hears signals any more: TERM and INT end the process at once with this exit code, and
// HUP does nothing.
void end_on_stop_signals(int exit_code);

}  // namespace crawlspool::net
