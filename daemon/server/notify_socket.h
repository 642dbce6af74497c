// Owns the socket that NOTIFY_SOCKET names, for the messages of sd_notify(3): a path, or "@" and an abstract name. That
// function waits for a service manager that does not listen; this one never does, so that a stop ends beside one.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <optional>
#include <string_view>

#include "daemon/base/unique_fd.h"

namespace crawlspool::server {

class NotifySocket {
 public:
  // Returns nothing if the variable is not set, or names nothing of that kind.
  [[nodiscard]] static std::optional<NotifySocket> from_environment();

  // Returns false if the service manager takes nothing for now. A message that cannot be sent at all counts as sent.
  [[nodiscard]] bool send(std::string_view message) const;

 private:
  NotifySocket() = default;

  base::UniqueFd fd_;
  sockaddr_un address_{};
  socklen_t address_bytes_ = 0;
};

}  // namespace crawlspool::server
