#include "cli/common/dial.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

#include "cli/common/console.h"
#include "cli/common/stop_signals.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::fail;
using base::fail_errno;
using base::Result;
using base::UniqueFd;

constexpr int kConnectSliceMs = 100;
constexpr int kConnectSlices = 100;  // 10 s in all

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> look_up(const Address& server) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int result = ::getaddrinfo(server.host.c_str(), server.port.c_str(), &hints, &list);
  if (result != 0)
    return fail(ErrorCode::kNotFound, "cannot find " + shown(server.host) + ": " + ::gai_strerror(result));
  return AddressList(list, &::freeaddrinfo);
}

// 0 once connected, else the errno.
int wait_connected(int fd) {
  for (int slice = 0; slice < kConnectSlices; ++slice) {
    if (stop_requested()) return EINTR;
    pollfd waiting{fd, POLLOUT, 0};
    if (::poll(&waiting, 1, kConnectSliceMs) <= 0) continue;
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
  }
  return ETIMEDOUT;
}

// 0 and `fd` is set, else the errno.
int connect_to(const addrinfo& address, UniqueFd& fd) {
  fd.reset(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (!fd.valid()) return errno;
  const int yes = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  return errno == EINPROGRESS ? wait_connected(fd.get()) : errno;
}

}  // namespace

Result<UniqueFd> dial(const Address& server) {
  CRAWLSPOOL_TRY_AS(const auto addresses, look_up(server));
  int error = ENOENT;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    UniqueFd fd;
    error = connect_to(*address, fd);
    if (error == 0) return fd;
  }
  return fail_errno("cannot connect to " + shown(server.to_string()), error);
}

}  // namespace crawlspool::cli
