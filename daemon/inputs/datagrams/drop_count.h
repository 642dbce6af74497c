// Follows the kernel's count of the datagrams that it dropped on a socket, and says so in the log. On the socket's
// loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "daemon/connection/datagram_counts.h"
#include "daemon/net/datagram_socket.h"

namespace crawlspool::datagrams {

class DropCount {
 public:
  // `socket` outlives it. Of an inherited socket, what was dropped before does not count.
  DropCount(const net::DatagramSocket& socket, connection::DatagramCounts& counts, bool is_inherited)
      : socket_(socket), counts_(counts), before_(is_inherited ? socket.dropped() : 0) {}

  // Adds what was dropped since the last call.
  void update();
  // Logs what was added and not logged yet; `is_paused`: since nothing could be taken in.
  void log(std::string_view address, bool is_paused);

 private:
  const net::DatagramSocket& socket_;
  connection::DatagramCounts& counts_;
  std::uint32_t before_;  // as the kernel counts
  std::uint64_t not_logged_ = 0;
};

}  // namespace crawlspool::datagrams
