// Takes listening sockets that the service manager holds and has handed over (socket activation, sd_listen_fds(3)),
// each with the entry of listen.X that says what it is. They are its own: closed here at the end and never shut down,
// so that whoever connects meanwhile waits for the next start.
#pragma once

#include <vector>

#include "config/listener.h"
#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"
#include "proto/inputs.h"

namespace crawlspool::server {

struct InheritedSocket {
  base::UniqueFd fd;
  config::Listener listener;  // of the entry that names its address
};

// By the names that the socket units give (FileDescriptorName=), which are those of inputs.
struct InheritedSockets {
  proto::PerInput<std::vector<InheritedSocket>> of;
  bool is_any = false;
};

// Takes those that the environment names; none without LISTEN_FDS, or where LISTEN_PID is another process. kConfig
// names the descriptor and what is wrong with it: a name of no input, anything but a listening stream socket over IPv4,
// IPv6 or unix, or such a socket of datagrams for an input without connections, or an address that no entry of its
// input's in `listen` has. Called once.
[[nodiscard]] base::Result<InheritedSockets> take_inherited_sockets(const config::Listen& listen);

}  // namespace crawlspool::server
