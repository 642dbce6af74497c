// Runs the orderly stop: nothing new is accepted, what was read is stored and acked, every client gets a goodbye, and
// all that within timeouts.drain. Used on the first loop's thread.
//
//   begin() ──► every connection gone, all synced ──► on_done, which stops the loops
//      │          a little before the end what waits for a peer is cut: what is being taken in is taken in whole, what
//      │          has not been begun is given up, and who does not read is left
//      └── timeouts.drain is over and the disk does not answer ──► on_timeout
//
// From the cut on only the disk is waited for. While it answers it is given a little longer than timeouts.drain.
#pragma once

#include <cstdint>
#include <functional>

#include "daemon/connection/io_threads.h"
#include "daemon/net/timer.h"

namespace crawlspool::server {

class Drain {
 public:
  struct Hooks {
    std::function<void()> on_done;
    std::function<bool()> disk_answers;
    std::function<void()> on_timeout;
  };

  Drain(connection::IoThreads& threads, std::int64_t drain_ms, Hooks hooks);

  void set_drain_ms(std::int64_t drain_ms) { drain_ms_ = drain_ms; }  // before begin()
  void begin();                                                       // once

 private:
  void cut();
  void time_is_over();

  connection::IoThreads& threads_;
  std::int64_t drain_ms_;
  const Hooks hooks_;
  std::int64_t beyond_ms_ = 0;  // timeouts.drain
  net::Timer cut_;
  net::Timer timeout_;
};

}  // namespace crawlspool::server
