// Counts what has become of the datagrams of one listener since the start. Written on its loop's thread, read on any.
#pragma once

#include <atomic>
#include <cstdint>

namespace crawlspool::connection {

struct DatagramCounts {
  std::atomic<std::uint64_t> received{0};  // the refused ones included
  std::atomic<std::uint64_t> refused{0};   // of senders that allow_from does not name
  std::atomic<std::uint64_t> dropped{0};   // by the kernel, for want of room
  std::atomic<std::uint64_t> acked{0};     // answered
};

}  // namespace crawlspool::connection
