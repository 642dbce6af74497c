// Says where a server is, as given on the command line or in the daemon's `listen` keys (`tcp://HOST:PORT`,
// `tls://HOST:PORT`, `http://HOST:PORT`, `https://HOST:PORT`, `unix:///PATH`), and connects to it. Unlike in a
// base::Endpoint, HOST may be a name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/common/tls.h"
#include "daemon/base/endpoint.h"
#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::cli {

struct Address {
  std::string host;                           // without brackets; "localhost" at a unix socket
  std::string port;                           // 1 to 65535, as text for getaddrinfo; empty at a unix socket
  std::optional<base::Endpoint> unix_socket;  // takes the place of both
  std::optional<TlsSettings> tls = {};        // nothing: it is spoken to without
  std::string token = {};                     // a secret, to be said to it; empty: none

  [[nodiscard]] std::string to_string() const;  // "localhost:8940", "[::1]:8940", "unix:///PATH"
  // Returns the same with its scheme: that one, or the one with TLS in its place.
  [[nodiscard]] std::string url(const std::string& scheme) const;
};

// `scheme` is "tcp" or "http", which a `url` without any has; "unix" and the one with TLS, "tls" or "https", are taken
// as well. Fails with kUsage and what is wrong with `url`.
[[nodiscard]] base::Result<Address> parse_address(std::string_view url, std::string_view scheme);

// Returns where a client on the same machine finds the listener that an entry of `listen` names: a wildcard address
// becomes the loopback one. Fails as parse_address() does.
[[nodiscard]] base::Result<Address> reachable(std::string_view listener);

inline constexpr int kDialTimeoutMs = 10'000;

// Connects to a server that may be named, whichever of its addresses answers: tries each in turn, each for that long at
// most, and gives up when a stop is requested. The socket does not block and has no Nagle's delay.
[[nodiscard]] base::Result<base::UniqueFd> dial(const Address& server, int timeout_ms = kDialTimeoutMs);

}  // namespace crawlspool::cli
