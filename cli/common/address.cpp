#include "cli/common/address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
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

// Returns 0 once connected, else the errno.
int wait_connected(int fd, int timeout_ms) {
  for (int waited_ms = 0; waited_ms < timeout_ms; waited_ms += kConnectSliceMs) {
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

// Sets `fd` and returns 0, else the errno.
int connect_to(const addrinfo& address, UniqueFd& fd, int timeout_ms) {
  fd.reset(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (!fd.valid()) return errno;
  const int yes = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  return errno == EINPROGRESS ? wait_connected(fd.get(), timeout_ms) : errno;
}

std::string with_tls(std::string_view scheme) { return scheme == "http" ? "https" : "tls"; }

// Takes the scheme off `url`, which may have none. Returns whether it is one that is wanted.
bool take_scheme(std::string_view& url, std::string_view wanted, bool& has_tls) {
  const std::size_t end = url.find("://");
  if (end == std::string_view::npos) return true;
  const std::string_view scheme = url.substr(0, end);
  has_tls = scheme == "tls" || scheme == with_tls(wanted);
  url.remove_prefix(end + 3);
  return has_tls || scheme == wanted;
}

}  // namespace

std::string Address::to_string() const {
  if (unix_socket) return unix_socket->to_string();
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + port;
}

std::string Address::url(const std::string& scheme) const {
  if (unix_socket) return to_string();
  return (tls ? with_tls(scheme) : scheme) + "://" + to_string();
}

base::Result<Address> parse_address(std::string_view url, std::string_view scheme) {
  if (url.starts_with("unix://")) {
    const auto at = base::Endpoint::parse(url);
    if (!at) return fail(ErrorCode::kUsage, at.error().message());
    return Address{"localhost", {}, *at};
  }
  const std::string form = std::string(scheme) + "://HOST:PORT";
  const auto bad = [&](const std::string& why) { return fail(ErrorCode::kUsage, "'" + std::string(url) + "' " + why); };
  std::string_view rest = url;
  bool has_tls = false;
  if (!take_scheme(rest, scheme, has_tls))
    return bad("is not of the form " + form + " or " + with_tls(scheme) + "://HOST:PORT");
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
  Address address{std::string(host), std::to_string(port), {}};
  if (has_tls) address.tls.emplace();
  return address;
}

Result<Address> reachable(std::string_view listener) {
  CRAWLSPOOL_TRY_AS(auto address, parse_address(listener.substr(0, listener.find('?')), "tcp"));
  if (address.host == "0.0.0.0") address.host = "127.0.0.1";
  if (address.host == "::") address.host = "::1";
  return address;
}

Result<UniqueFd> dial(const Address& server, int timeout_ms) {
  if (server.unix_socket) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), server.unix_socket->address(), server.unix_socket->length()) == 0) return fd;
    return fail_errno("cannot connect to " + shown(server.to_string()), errno);
  }
  CRAWLSPOOL_TRY_AS(const auto addresses, look_up(server));
  int error = ENOENT;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    UniqueFd fd;
    error = connect_to(*address, fd, timeout_ms);
    if (error == 0) return fd;
  }
  return fail_errno("cannot connect to " + shown(server.to_string()), error);
}

}  // namespace crawlspool::cli
