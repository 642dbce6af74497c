// Owns a socket that takes datagrams, UDP or unix, and the memory that one call receives many of them into: 1 MiB, of
// which only what was received takes room. On a loop's thread, but for open().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "daemon/base/endpoint.h"
#include "daemon/net/listening_socket.h"

namespace crawlspool::net {

class DatagramSocket {
 public:
  static constexpr std::size_t kReceivedMax = 16;  // by one call

  struct Datagram {
    std::string_view bytes;     // until receive() is called again; padding is readable behind them
    bool is_cut = false;        // it is longer than there is room for one
    base::Endpoint from;        // of a unix socket without a name: empty
    std::optional<uid_t> user;  // who sent it over a unix socket
    pid_t process = 0;          // which
  };

  // Takes over a socket that is bound. kIo where it cannot be set up.
  [[nodiscard]] static base::Result<std::unique_ptr<DatagramSocket>> open(ListeningSocket bound);
  ~DatagramSocket();
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;

  [[nodiscard]] int fd() const { return socket_.fd.get(); }
  [[nodiscard]] const base::Endpoint& local() const { return local_; }  // with the real port
  // Returns how long a datagram may be, so that it is not cut.
  [[nodiscard]] std::size_t datagram_bytes_max() const { return room_bytes_; }

  // Has the kernel hold so many bytes of what is not received yet. Returns how many it grants.
  [[nodiscard]] std::uint64_t set_buffer(std::uint64_t bytes) const;
  // Returns how many were received: 0 if there are none.
  [[nodiscard]] std::size_t receive();
  [[nodiscard]] Datagram received(std::size_t index) const;
  // False where it cannot be sent now.
  [[nodiscard]] bool send(const base::Endpoint& to, std::string_view bytes) const;

  // Returns how many datagrams the kernel had to drop for want of room since the socket was made, modulo 2^32.
  [[nodiscard]] std::uint32_t dropped() const;
  // Returns what the kernel holds for what is not received yet.
  [[nodiscard]] std::uint64_t unreceived_bytes() const;
  // Nothing more is let in: the kernel drops what comes by UDP, and counts it; a sender over a unix socket gets EPIPE.
  void close_entrance();

 private:
  struct Room;

  explicit DatagramSocket(ListeningSocket bound);
  [[nodiscard]] std::uint32_t figure(std::size_t which) const;  // of SO_MEMINFO

  ListeningSocket socket_;
  base::Endpoint local_;
  std::size_t room_bytes_;
  std::size_t rooms_;
  std::unique_ptr<char[]> bytes_;  // not set to zeros: a page that nothing is received into takes no memory
  std::unique_ptr<Room> room_;
};

}  // namespace crawlspool::net
