// Socket addresses as values: parsed from `tcp://HOST:PORT`, printed as logs and the spool show them,
// and folded into the key by which one client machine is counted.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "daemon/base/error.h"

namespace crawlspool::base {

// The address of one machine for `connections_per_ip_max`: an IPv4 address (also when mapped into IPv6), or the
// first 64 bits of an IPv6 address.
struct MachineKey {
  std::array<unsigned char, 9> bytes{};  // family, then the address, zero-padded
  bool operator==(const MachineKey&) const = default;
};

class Endpoint {
 public:
  Endpoint() = default;
  Endpoint(const sockaddr* address, socklen_t length);

  // "tcp://127.0.0.1:8940" or "tcp://[::1]:0"; addresses only, no names.
  [[nodiscard]] static Result<Endpoint> parse(std::string_view url);

  [[nodiscard]] const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t length() const { return length_; }
  [[nodiscard]] int family() const { return storage_.ss_family; }
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] std::string to_string() const;  // "127.0.0.1:8940", "[::1]:8940"
  [[nodiscard]] MachineKey machine_key() const;

 private:
  sockaddr_storage storage_{};
  socklen_t length_ = 0;
};

// An endpoint's text without its port.
[[nodiscard]] std::string_view address_of(std::string_view endpoint);

}  // namespace crawlspool::base

template <>
struct std::hash<crawlspool::base::MachineKey> {
  std::size_t operator()(const crawlspool::base::MachineKey& key) const noexcept {
    return std::hash<std::string_view>{}(
        std::string_view(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()));
  }
};
