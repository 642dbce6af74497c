// Says whose datagram is taken in: kept from one to the next, since most senders send many in a row.
#pragma once

#include <optional>

#include "daemon/base/endpoint.h"
#include "daemon/net/datagram_socket.h"

namespace crawlspool::datagrams {

class Sender {
 public:
  // Valid as long as this object; what it says changes.
  [[nodiscard]] const base::Peer& peer() const { return peer_; }
  // Returns whether it is another one than before. Over a unix socket a sender is its user.
  bool change_to(const net::DatagramSocket::Datagram& datagram);

 private:
  base::Peer peer_;
  base::Endpoint at_;
  std::optional<uid_t> user_;
};

}  // namespace crawlspool::datagrams
