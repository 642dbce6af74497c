// Parses `uri-host [":" port]`, as Host and an http address name a server: RFC 9110 (7.2) and RFC 3986 (3.2.2).
#pragma once

#include <optional>
#include <string_view>

namespace crawlspool::base {

struct Authority {
  std::string_view host;  // a name, an IPv4 address, or an IPv6 address in its brackets; never empty
  std::string_view port;  // digits; empty where there are none
};

// Views of `text`; nothing if it is anything else. No user, no zone of an IPv6 address, no IPvFuture.
[[nodiscard]] std::optional<Authority> parse_authority(std::string_view text);

// Returns whether it is an address, which nobody can point elsewhere, and no name.
[[nodiscard]] bool is_address(std::string_view host);

}  // namespace crawlspool::base
