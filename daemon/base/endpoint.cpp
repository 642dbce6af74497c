#include "daemon/base/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "daemon/base/text.h"

namespace crawlspool::base {
namespace {

constexpr std::string_view kUnixPeer = "unix:uid=";

const sockaddr_un& as_unix(const sockaddr_storage& storage) { return reinterpret_cast<const sockaddr_un&>(storage); }
const sockaddr_in& as_v4(const sockaddr_storage& storage) { return reinterpret_cast<const sockaddr_in&>(storage); }
const sockaddr_in6& as_v6(const sockaddr_storage& storage) { return reinterpret_cast<const sockaddr_in6&>(storage); }

tl::unexpected<Error> bad(std::string_view url, const char* why) {
  return fail(ErrorCode::kConfig, "'" + std::string(url) + "' " + why);
}

}  // namespace

Endpoint::Endpoint(const sockaddr* address, socklen_t length) : length_(std::min<socklen_t>(length, sizeof storage_)) {
  std::memcpy(&storage_, address, length_);
}

Endpoint Endpoint::end_of(int socket, AskForEnd* ask) {
  Endpoint end;
  end.length_ = sizeof end.storage_;
  if (ask(socket, reinterpret_cast<sockaddr*>(&end.storage_), &end.length_) != 0) return {};
  end.length_ = std::min<socklen_t>(end.length_, sizeof end.storage_);
  int type = 0;
  socklen_t length = sizeof type;
  end.is_datagram_ = ::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_DGRAM;
  return end;
}

Endpoint Endpoint::local_end(int socket) { return end_of(socket, ::getsockname); }

Endpoint Endpoint::remote_end(int socket) { return end_of(socket, ::getpeername); }

Result<Endpoint> Endpoint::parse(std::string_view url) {
  constexpr std::string_view kTcp = "tcp://";
  constexpr std::string_view kTls = "tls://";
  constexpr std::string_view kUnix = "unix://";
  constexpr std::string_view kUdp = "udp://";
  constexpr std::string_view kUnixDatagram = "unix-dgram://";
  const auto of_datagrams = [](Endpoint at) {
    at.is_datagram_ = true;
    return at;
  };
  if (url.starts_with(kTcp)) return parse_inet(url, url.substr(kTcp.size()));
  if (url.starts_with(kTls))
    return parse_inet(url, url.substr(kTls.size())).map([](Endpoint at) {
      at.set_tls(true);
      return at;
    });
  if (url.starts_with(kUnix)) return parse_unix(url, url.substr(kUnix.size()));
  if (url.starts_with(kUdp)) return parse_inet(url, url.substr(kUdp.size())).map(of_datagrams);
  if (url.starts_with(kUnixDatagram)) return parse_unix(url, url.substr(kUnixDatagram.size())).map(of_datagrams);
  return bad(url,
             "is not of the form tcp://ADDRESS:PORT, tls://ADDRESS:PORT, unix:///PATH, udp://ADDRESS:PORT or "
             "unix-dgram:///PATH");
}

Result<Endpoint> Endpoint::parse_inet(std::string_view url, std::string_view rest) {
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

Result<Endpoint> Endpoint::parse_unix(std::string_view url, std::string_view text) {
  sockaddr_un address{};
  if (text.starts_with('@')) return bad(url, "has an abstract name, which anyone could connect to: give it a path");
  if (!text.starts_with('/')) return bad(url, "needs an absolute path: unix:///PATH");
  if (text.ends_with('/')) return bad(url, "names a directory and no socket");
  const auto path = decode_percents(text);
  if (!path || path->find('\0') != std::string::npos)
    return bad(url, "has a path that is not percent-encoded: '%' and each byte that is not printable ASCII as %XX");
  if (path->size() >= sizeof address.sun_path) return bad(url, "has too long a path: a socket's has at most 107 bytes");
  address.sun_family = AF_UNIX;
  path->copy(static_cast<char*>(address.sun_path), path->size());
  const auto length = offsetof(sockaddr_un, sun_path) + path->size() + 1;
  return Endpoint(reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(length));
}

bool Endpoint::is_loopback() const {
  if (is_unix()) return true;
  if (family() == AF_INET) return (ntohl(as_v4(storage_).sin_addr.s_addr) >> 24) == 127;
  const in6_addr& v6 = as_v6(storage_).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return v6.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string Endpoint::url() const {
  if (is_unix()) return to_string();
  if (is_datagram_) return "udp://" + to_string();
  return (is_tls_ ? "tls://" : "tcp://") + to_string();
}

// The kernel ends a path with a NUL where there is room for one.
std::string Endpoint::path() const {
  if (!is_unix() || length_ <= offsetof(sockaddr_un, sun_path)) return {};
  const char* const path = static_cast<const char*>(as_unix(storage_).sun_path);
  return {path, ::strnlen(path, length_ - offsetof(sockaddr_un, sun_path))};
}

std::string Endpoint::to_string() const {
  if (is_unix()) return (is_datagram_ ? "unix-dgram://" : "unix://") + encode_path(path());
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

std::string_view address_of(std::string_view peer) {
  return peer.starts_with(kUnixPeer) ? peer : peer.substr(0, peer.rfind(':'));
}

Peer Peer::at(const Endpoint& remote) {
  return {remote.to_string(), remote.machine_key(), std::nullopt, std::nullopt, remote.is_loopback()};
}

Peer Peer::user(uid_t uid, pid_t process) {
  Peer peer{std::string(kUnixPeer) + std::to_string(uid), {}, process, uid, true};
  peer.machine.bytes[0] = 1;
  std::memcpy(&peer.machine.bytes[1], &uid, sizeof uid);
  return peer;
}

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
