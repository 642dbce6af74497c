#include "daemon/server/notify_socket.h"

#include <cerrno>
#include <cstddef>
#include <cstdlib>

namespace crawlspool::server {

std::optional<NotifySocket> NotifySocket::from_environment() {
  const char* const named = std::getenv("NOTIFY_SOCKET");
  const std::string_view name = named == nullptr ? "" : named;
  NotifySocket notify;
  if (name.size() < 2 || (name.front() != '/' && name.front() != '@') || name.size() >= sizeof notify.address_.sun_path)
    return std::nullopt;
  notify.address_.sun_family = AF_UNIX;
  name.copy(notify.address_.sun_path, name.size());
  // A path with the zero behind it; an abstract name begins with one, and ends where the address does.
  const bool is_abstract = name.front() == '@';
  if (is_abstract) notify.address_.sun_path[0] = '\0';
  notify.address_bytes_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (is_abstract ? 0 : 1));
  notify.fd_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!notify.fd_.valid()) return std::nullopt;
  return notify;
}

bool NotifySocket::send(std::string_view message) const {
  const auto* const address = reinterpret_cast<const sockaddr*>(&address_);
  return ::sendto(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL, address, address_bytes_) >= 0 ||
         (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

}  // namespace crawlspool::server
