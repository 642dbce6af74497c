// Decides when a peer of which nothing is heard is asked whether it is still there, and when it counts as idle. Of one
// that takes part in heartbeats only input counts: what is written to it proves nothing, since its machine may be gone.
// Any other is idle once nothing moves in either direction. Pure.
#pragma once

#include <cstdint>

#include "daemon/connection/link.h"

namespace crawlspool::dialog {

class Heartbeat {
 public:
  void take_part(bool takes_part) { takes_part_ = takes_part; }
  void on_input() { is_pinged_ = false; }
  void on_pinged() { is_pinged_ = true; }

  // `idle_ms` is timeouts.idle.
  [[nodiscard]] std::int64_t ping_due_ms(const connection::Link::Times& times, std::int64_t idle_ms) const {
    return takes_part_ && !is_pinged_ ? times.last_input_ms + idle_ms / 2 : connection::Link::kNever;
  }
  [[nodiscard]] std::int64_t idle_deadline_ms(const connection::Link::Times& times, std::int64_t idle_ms) const {
    return (takes_part_ ? times.last_input_ms : times.last_activity_ms) + idle_ms;
  }

 private:
  bool takes_part_ = false;
  bool is_pinged_ = false;  // since the last input
};

}  // namespace crawlspool::dialog
