// The way by which a connection's peer comes, as the authenticator wants to know it.
#pragma once

#include "daemon/auth/authenticator.h"
#include "daemon/connection/connection.h"

namespace crawlspool::connection {

// Once the peer has sent something: before that, its certificate is not known. The connection outlives what is
// returned.
[[nodiscard]] inline auth::Channel channel_of(Connection& connection) {
  return {connection.peer(), connection.link().is_encrypted(), connection.link().peer_name()};
}

}  // namespace crawlspool::connection
