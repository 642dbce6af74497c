// Holds socket addresses as values: parsed from `tcp://HOST:PORT`, `unix:///PATH` and others, printed as logs and the
// spool show them, and folded into the key by which one client machine is counted.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/error.h"

namespace crawlspool::base {

// Says whose connections `connections_per_ip_max` counts together: those of an IPv4 address (also when mapped into
// IPv6), of the first 64 bits of an IPv6 address, or of a user of this machine who comes over a unix socket.
struct MachineKey {
  std::array<unsigned char, 9> bytes{};  // family, then the address or user, zero-padded
  bool operator==(const MachineKey&) const = default;
};

class Endpoint {
 public:
  Endpoint() = default;
  Endpoint(const sockaddr* address, socklen_t length);

  // "tcp://127.0.0.1:8940", "tls://[::1]:0", "udp://127.0.0.1:8945", "unix:///run/some.sock" or
  // "unix-dgram:///run/some.sock": addresses only, no names of machines, and no abstract names of sockets. kConfig says
  // what is wrong with `url`.
  [[nodiscard]] static Result<Endpoint> parse(std::string_view url);

  // Returns the endpoint that `socket` is bound to.
  [[nodiscard]] static Endpoint local_end(int socket);
  // Returns the endpoint that `socket` is connected to.
  [[nodiscard]] static Endpoint remote_end(int socket);

  [[nodiscard]] const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t length() const { return length_; }
  [[nodiscard]] int family() const { return storage_.ss_family; }
  [[nodiscard]] bool is_unix() const { return family() == AF_UNIX; }
  // Whether TLS is spoken there, as its URL says.
  [[nodiscard]] bool is_tls() const { return is_tls_; }
  void set_tls(bool is_tls) { is_tls_ = is_tls; }
  // Whether datagrams come there (udp, unix-dgram), and no connections.
  [[nodiscard]] bool is_datagram() const { return is_datagram_; }
  // Returns whether nobody on another machine can reach it.
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] std::string to_string() const;  // "127.0.0.1:8940", "[::1]:8940", "unix:///run/some.sock"
  [[nodiscard]] std::string url() const;        // the same with its scheme: parse() of it gives the same endpoint
  [[nodiscard]] std::string path() const;       // of a unix socket, as the file system has it; empty for others
  [[nodiscard]] MachineKey machine_key() const;

 private:
  using AskForEnd = int(int, sockaddr*, socklen_t*);
  static Endpoint end_of(int socket, AskForEnd* ask);
  static Result<Endpoint> parse_inet(std::string_view url, std::string_view rest);
  static Result<Endpoint> parse_unix(std::string_view url, std::string_view text);

  sockaddr_storage storage_{};
  socklen_t length_ = 0;
  bool is_tls_ = false;
  bool is_datagram_ = false;
};

// Says who is at the other end of a connection.
struct Peer {
  std::string text;  // "10.0.0.7:51234", "[::1]:51234", "unix:uid=1000"
  MachineKey machine;
  std::optional<pid_t> process;   // of a unix socket, when it connected
  std::optional<uid_t> uid = {};  // of a unix socket
  bool is_local = false;          // no other machine is between: a unix socket, or loopback

  [[nodiscard]] static Peer at(const Endpoint& remote);
  [[nodiscard]] static Peer user(uid_t uid, pid_t process);
};

// Returns a peer's text without its port.
[[nodiscard]] std::string_view address_of(std::string_view peer);

}  // namespace crawlspool::base

template <>
struct std::hash<crawlspool::base::MachineKey> {
  std::size_t operator()(const crawlspool::base::MachineKey& key) const noexcept {
    return std::hash<std::string_view>{}(
        std::string_view(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()));
  }
};
