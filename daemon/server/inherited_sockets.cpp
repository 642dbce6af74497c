#include "daemon/server/inherited_sockets.h"

#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/base/text.h"

namespace crawlspool::server {
namespace {

using base::ErrorCode;
using base::Result;

// The names of as many descriptors, as libsystemd allocates them.
class Names {
 public:
  Names() = default;
  ~Names() {
    for (char** name = names_; name != nullptr && *name != nullptr; ++name) std::free(*name);
    std::free(names_);
  }
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;

  [[nodiscard]] char*** target() { return &names_; }
  [[nodiscard]] std::string_view operator[](int index) const { return names_[index]; }

 private:
  char** names_ = nullptr;
};

int socket_option(int fd, int option) {
  int value = -1;
  socklen_t length = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

// What keeps it from being served; nothing if all is well.
std::string_view fault_of(int fd) {
  if (socket_option(fd, SO_TYPE) == -1) return "is no socket";
  if (socket_option(fd, SO_TYPE) != SOCK_STREAM) return "is no stream socket: its unit needs ListenStream=";
  if (socket_option(fd, SO_ACCEPTCONN) != 1) return "does not listen: its unit needs Accept=no";
  const int family = socket_option(fd, SO_DOMAIN);
  if (family != AF_INET && family != AF_INET6) return "is neither IPv4 nor IPv6";
  return {};
}

std::vector<base::UniqueFd>* port_of(InheritedSockets& sockets, std::string_view name) {
  if (name == "stream") return &sockets.stream;
  if (name == "http") return &sockets.http;
  return name == "admin" ? &sockets.admin : nullptr;
}

tl::unexpected<base::Error> refuse(int fd, std::string_view name, std::string_view what) {
  std::string shown;
  base::append_json_escaped(shown, name);
  return base::fail(ErrorCode::kConfig,
                    "inherited descriptor " + std::to_string(fd) + " (\"" + shown + "\") " + std::string(what));
}

}  // namespace

Result<InheritedSockets> take_inherited_sockets() {
  constexpr int kKeepEnvironment = 0;  // other threads may be reading it
  Names names;
  const int count = ::sd_listen_fds_with_names(kKeepEnvironment, names.target());
  if (count < 0) return base::fail(ErrorCode::kConfig, "LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES", -count);
  InheritedSockets sockets;
  for (int i = 0; i < count; ++i) {
    const int fd = SD_LISTEN_FDS_START + i;
    auto* const port = port_of(sockets, names[i]);
    if (port == nullptr)
      return refuse(fd, names[i], "has the name of no port: FileDescriptorName= must be stream, http or admin");
    if (const std::string_view fault = fault_of(fd); !fault.empty()) return refuse(fd, names[i], fault);
    port->emplace_back(fd);
  }
  if (count > 0 && sockets.stream.empty() && sockets.http.empty())
    return base::fail(ErrorCode::kConfig,
                      "none of the inherited sockets is named stream or http: nothing could take records");
  return sockets;
}

}  // namespace crawlspool::server
