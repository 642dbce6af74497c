// The orderly stop: nothing new is accepted, what was read is settled and acked, every client is told goodbye, and all
// that within timeouts.drain. On the first loop's thread.
//
//   begin() ──► every connection gone, all settled ──► on_done, which stops the loops
//      │          a little before the end, those that have been told all and do not leave are cut
//      └── timeouts.drain is over with something unsettled ──► on_timeout
#pragma once

#include <cstdint>
#include <functional>

#include "daemon/net/timer.h"
#include "daemon/server/io_threads.h"

namespace crawlspool::server {

class Drain {
 public:
  Drain(IoThreads& threads, std::int64_t drain_ms, std::function<void()> on_done, std::function<void()> on_timeout);

  void set_drain_ms(std::int64_t drain_ms) { drain_ms_ = drain_ms; }  // before begin()
  void begin();                                                       // once

 private:
  IoThreads& threads_;
  std::int64_t drain_ms_;
  std::function<void()> on_done_;
  net::Timer cut_;
  net::Timer timeout_;
};

}  // namespace crawlspool::server
