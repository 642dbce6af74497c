// Listening sockets that the service manager holds and has handed over (socket activation, sd_listen_fds(3)). They are
// its own: closed here at the end and never shut down, so that whoever connects meanwhile waits for the next start.
#pragma once

#include <vector>

#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::server {

// By the names that the socket units give (FileDescriptorName=): stream, http, admin.
struct InheritedSockets {
  std::vector<base::UniqueFd> stream;
  std::vector<base::UniqueFd> http;
  std::vector<base::UniqueFd> admin;

  [[nodiscard]] bool empty() const { return stream.empty() && http.empty() && admin.empty(); }
};

// Those that the environment names; none without LISTEN_FDS, or where LISTEN_PID is another process. kConfig names the
// descriptor and what is wrong with it: a name of no port, or anything but listening TCP over IPv4 or IPv6. Once.
[[nodiscard]] base::Result<InheritedSockets> take_inherited_sockets();

}  // namespace crawlspool::server
