#include "daemon/server/inherited_sockets.h"

#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "config/keys.h"
#include "daemon/base/endpoint.h"
#include "daemon/base/text.h"

namespace crawlspool::server {
namespace {

using base::ErrorCode;
using base::Result;

// Owns the names of as many descriptors, as libsystemd allocates them.
class Names {
 public:
  Names() = default;
  ~Names() {
    for (char** name = names_; name != nullptr && *name != nullptr; ++name) std::free(*name);
    std::free(names_);
  }
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;

  [[nodiscard]] char*** target() { return &names_; }
  [[nodiscard]] std::string_view operator[](int index) const { return names_[index]; }

 private:
  char** names_ = nullptr;
};

int socket_option(int fd, int option) {
  int value = -1;
  socklen_t length = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

// Returns what keeps it from being served; nothing if all is well.
std::string_view fault_of(int fd, proto::Input input) {
  const bool is_stream = has_connections(input);
  if (socket_option(fd, SO_TYPE) == -1) return "is no socket";
  if (socket_option(fd, SO_TYPE) != (is_stream ? SOCK_STREAM : SOCK_DGRAM))
    return is_stream ? "is no stream socket: its unit needs ListenStream="
                     : "is no socket of datagrams: its unit needs ListenDatagram=";
  if (is_stream && socket_option(fd, SO_ACCEPTCONN) != 1) return "does not listen: its unit needs Accept=no";
  const int family = socket_option(fd, SO_DOMAIN);
  if (family != AF_INET && family != AF_INET6 && family != AF_UNIX) return "is neither IPv4 nor IPv6 nor unix";
  return {};
}

// Returns the names of those inputs that are `wanted`: "stream, http or admin".
std::string one_of(bool (*wanted)(proto::Input)) {
  std::vector<std::string_view> names;
  for (const proto::Input input : proto::kAllInputs)
    if (wanted(input)) names.push_back(word(input));
  std::string text(names.front());
  for (std::size_t i = 1; i < names.size(); ++i) text.append(i + 1 == names.size() ? " or " : ", ").append(names[i]);
  return text;
}

tl::unexpected<base::Error> refuse(int fd, std::string_view name, std::string_view what) {
  std::string shown;
  base::append_json_escaped(shown, name);
  return base::fail(ErrorCode::kConfig,
                    "inherited descriptor " + std::to_string(fd) + " (\"" + shown + "\") " + std::string(what));
}

// Finds what the socket is by the entry that has its address: scheme and settings.
Result<config::Listener> listener_of(int fd, proto::Input input, const config::Listen& listen) {
  const base::Endpoint at = base::Endpoint::local_end(fd);
  if (at.is_unix() && at.path().empty())
    return refuse(fd, word(input), "has an abstract name, which anyone could connect to: its unit needs a path");
  for (const std::string& url : listen[input]) {
    CRAWLSPOOL_TRY_AS(auto listener, config::parse_listener(input, url));
    if (listener.at.to_string() == at.to_string()) return listener;
  }
  const std::string key(config::listen_key(input));
  return refuse(fd, word(input),
                "is a socket at " + at.to_string() + ", which no entry of " + key + " names: add \"" + at.url() +
                    "\" to " + key + (at.is_unix() ? "" : ", or tls:// in place of tcp://") +
                    ", with the settings that it is to have");
}

}  // namespace

Result<InheritedSockets> take_inherited_sockets(const config::Listen& listen) {
  constexpr int kKeepEnvironment = 0;  // other threads may be reading it
  Names names;
  const int count = ::sd_listen_fds_with_names(kKeepEnvironment, names.target());
  if (count < 0) return base::fail(ErrorCode::kConfig, "LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES", -count);
  InheritedSockets sockets;
  bool takes_records = false;
  for (int i = 0; i < count; ++i) {
    const int fd = SD_LISTEN_FDS_START + i;
    const auto input = proto::find_input(names[i]);
    if (!input)
      return refuse(fd, names[i],
                    "has the name of no input: FileDescriptorName= must be " + one_of([](auto) { return true; }));
    if (const std::string_view fault = fault_of(fd, *input); !fault.empty()) return refuse(fd, names[i], fault);
    CRAWLSPOOL_TRY_AS(auto listener, listener_of(fd, *input, listen));
    sockets.of[*input].push_back({base::UniqueFd(fd), std::move(listener)});
    sockets.is_any = true;
    takes_records = takes_records || brings_records(*input);
  }
  if (sockets.is_any && !takes_records)
    return base::fail(ErrorCode::kConfig, "none of the inherited sockets is named " + one_of(proto::brings_records) +
                                              ": nothing could take records");
  return sockets;
}

}  // namespace crawlspool::server
