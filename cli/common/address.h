// Says where a server is, as given on the command line or in the daemon's `listen` keys (`tcp://HOST:PORT`,
// `http://HOST:PORT`), and connects to it. Unlike in a base::Endpoint, HOST may be a name.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::cli {

struct Address {
  std::string host;  // without brackets
  std::string port;  // 1 to 65535, as text for getaddrinfo

  [[nodiscard]] std::string to_string() const;  // "localhost:8940", "[::1]:8940"
};

// `scheme` is the one wanted, such as "tcp". Fails with kUsage and what is wrong with `url`.
[[nodiscard]] base::Result<Address> parse_address(std::string_view url, std::string_view scheme);

// Returns where a client on the same machine finds a listener: a wildcard address becomes the loopback one.
[[nodiscard]] Address reachable(Address listener);

// Connects to a server that may be named, whichever of its addresses answers: tries each in turn, at most 10 s each,
// and gives up when a stop is requested. The socket does not block and has no Nagle's delay.
[[nodiscard]] base::Result<base::UniqueFd> dial(const Address& server);

}  // namespace crawlspool::cli
