// Opens the listeners of inputs without connections, and keeps the counts of each for whoever asks. On the first loop's
// thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/listener.h"
#include "daemon/admin/server_facts.h"
#include "daemon/base/connection_id.h"
#include "daemon/connection/datagram_counts.h"
#include "daemon/connection/io_loop.h"
#include "daemon/net/listening_socket.h"

namespace crawlspool::server {

class DatagramPorts {
 public:
  struct Port {
    proto::Input input{};
    base::ConnectionId id = 0;
    bool is_inherited = false;
  };

  // Has `loop` take in what is sent to the socket. Returns where that is, with the real port.
  [[nodiscard]] base::Result<base::Endpoint> open(connection::IoLoop& loop, const Port& port, config::Listener listener,
                                                  net::ListeningSocket socket);
  [[nodiscard]] std::vector<admin::DatagramFacts> facts() const;

 private:
  struct Opened {
    std::string address;
    std::shared_ptr<const connection::DatagramCounts> counts;
  };

  std::vector<Opened> opened_;
};

}  // namespace crawlspool::server
