#include "cli/common/address.h"

#include <charconv>
#include <cstdint>

namespace crawlspool::cli {

using base::ErrorCode;
using base::fail;

std::string Address::to_string() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + port;
}

base::Result<Address> parse_address(std::string_view url, std::string_view scheme) {
  const std::string form = std::string(scheme) + "://HOST:PORT";
  const auto bad = [&](const std::string& why) { return fail(ErrorCode::kUsage, "'" + std::string(url) + "' " + why); };
  std::string_view rest = url;
  if (!rest.starts_with(std::string(scheme) + "://")) return bad("is not of the form " + form);
  rest.remove_prefix(scheme.size() + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);

  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos || rest.ends_with(']')) return bad("has no port; it should read " + form);
  std::string_view host = rest.substr(0, colon);
  const std::string_view port_text = rest.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc{} || end != port_text.data() + port_text.size() || port == 0) return bad("has a bad port");

  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad("has an IPv6 address without its brackets");
  }
  if (host.empty() || host.find_first_of("[]/@ ") != std::string_view::npos) return bad("has a bad host");
  return Address{std::string(host), std::to_string(port)};
}

Address reachable(Address listener) {
  if (listener.host == "0.0.0.0") listener.host = "127.0.0.1";
  if (listener.host == "::") listener.host = "::1";
  return listener;
}

}  // namespace crawlspool::cli
