// What speaks each input that brings records. The .cpp file is the only one that includes every input; it has a row for
// each of proto::kInputs.
#pragma once

#include <memory>

#include "config/listener.h"
#include "daemon/connection/connection.h"
#include "daemon/connection/datagram_counts.h"
#include "daemon/connection/protocol.h"
#include "daemon/net/datagram_socket.h"
#include "proto/inputs.h"

namespace crawlspool::inputs {

// Returns what an accepted connection speaks, for the connection to own. `settings` are those of the listener that
// accepted it; nothing keeps them. For inputs with connections; not for the admin port, which brings no records.
[[nodiscard]] std::unique_ptr<connection::Protocol> make_protocol(proto::Input input,
                                                                  connection::Connection& connection,
                                                                  const config::ListenerSettings& settings);

// Holds a socket without connections, and what is to become of what is sent there.
struct MessageSocket {
  base::ConnectionId id = 0;
  std::unique_ptr<net::DatagramSocket> socket;
  config::ListenerSettings settings;
  std::shared_ptr<connection::DatagramCounts> counts;
  bool is_inherited = false;
};

// Has `loop` take in what is sent to a socket of an input without connections. On the loop's thread. kIo where it
// cannot be watched.
[[nodiscard]] base::Result<void> take_messages(proto::Input input, connection::IoLoop& loop, MessageSocket from);

}  // namespace crawlspool::inputs
