#include "daemon/base/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace crawlspool::base {
namespace {

const sockaddr_in& as_v4(const sockaddr_storage& storage) { return reinterpret_cast<const sockaddr_in&>(storage); }
const sockaddr_in6& as_v6(const sockaddr_storage& storage) { return reinterpret_cast<const sockaddr_in6&>(storage); }

tl::unexpected<Error> bad(std::string_view url, const char* why) {
  return fail(ErrorCode::kConfig, "'" + std::string(url) + "' " + why);
}

}  // namespace

Endpoint::Endpoint(const sockaddr* address, socklen_t length) : length_(std::min<socklen_t>(length, sizeof storage_)) {
  std::memcpy(&storage_, address, length_);
}

Result<Endpoint> Endpoint::parse(std::string_view url) {
  constexpr std::string_view kScheme = "tcp://";
  if (!url.starts_with(kScheme)) return bad(url, "is not of the form tcp://ADDRESS:PORT");
  const std::string_view rest = url.substr(kScheme.size());
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return bad(url, "has no port");
  std::string host(rest.substr(0, colon));
  if (host.find('\0') != std::string::npos) return bad(url, "has a bad address");  // inet_pton would stop there
  const std::string_view port_text = rest.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc{} || end != port_text.data() + port_text.size()) return bad(url, "has a bad port");

  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) return bad(url, "has a bad IPv6 address");
    return Endpoint(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1)
    return bad(url, "needs an IPv4 address or an IPv6 address in brackets");
  return Endpoint(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
}

bool Endpoint::is_loopback() const {
  if (family() == AF_INET) return (ntohl(as_v4(storage_).sin_addr.s_addr) >> 24) == 127;
  const in6_addr& v6 = as_v6(storage_).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return v6.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string Endpoint::to_string() const {
  char host[INET6_ADDRSTRLEN] = "?";
  if (family() == AF_INET) {
    const sockaddr_in& v4 = as_v4(storage_);
    ::inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
    return std::string(host) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  const sockaddr_in6& v6 = as_v6(storage_);
  ::inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
  return "[" + std::string(host) + "]:" + std::to_string(ntohs(v6.sin6_port));
}

std::string_view address_of(std::string_view endpoint) { return endpoint.substr(0, endpoint.rfind(':')); }

MachineKey Endpoint::machine_key() const {
  MachineKey key;
  if (family() == AF_INET) {
    key.bytes[0] = 4;
    std::memcpy(&key.bytes[1], &as_v4(storage_).sin_addr, 4);
    return key;
  }
  const in6_addr& v6 = as_v6(storage_).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    key.bytes[0] = 4;
    std::memcpy(&key.bytes[1], &v6.s6_addr[12], 4);
    return key;
  }
  key.bytes[0] = 6;
  std::memcpy(&key.bytes[1], &v6.s6_addr[0], 8);
  return key;
}

}  // namespace crawlspool::base
