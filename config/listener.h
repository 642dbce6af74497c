// A listener, as an entry of listen.X names it: SCHEME://WHERE?SETTING=VALUE&SETTING=VALUE. The scheme is the
// carrier's; the settings are this listener's own, percent-encoded. Which there are is said by its carrier and its
// input.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.h"
#include "daemon/base/address_block.h"
#include "daemon/base/endpoint.h"
#include "proto/charsets.h"
#include "proto/inputs.h"

namespace crawlspool::config {

struct ListenerSettings {
  // Of a unix socket's file: its rights (nothing: 0660), and its group (empty: that of the daemon).
  std::optional<mode_t> mode;
  std::string group;
  // What its senders do not say of themselves.
  std::string client;
  std::string stream;
  // What is taken off the end of the keys that Redis clients name, before they are streams.
  std::string strip;
  proto::Decoding decoding;
  // Whether anything is ever written to its senders.
  bool answers = true;
  // Of TLS, where it differs from tls.*; empty and nothing: it does not.
  std::string certificate;
  std::string key;
  std::string client_ca;
  std::string crl;
  std::optional<TlsVerify> verify;
  // Whether each connection begins with the PROXY header of a balancer.
  bool proxy = false;

  // Of datagrams: how much the kernel may hold of them (0: as it does by itself), whose are taken (empty: everybody's),
  // and whether each is answered once it is synced.
  std::uint64_t buffer_bytes = 0;
  std::vector<base::AddressBlock> allow_from;
  bool ack = false;

  bool operator==(const ListenerSettings&) const = default;
};

struct Listener {
  base::Endpoint at;
  ListenerSettings settings;
};

// Returns what holds for a listener with these settings.
[[nodiscard]] Tls tls_of(const Tls& tls, const ListenerSettings& settings);

// kConfig says what is wrong with `url` for a listener of this input, and names the nearest setting for one that is
// unknown.
[[nodiscard]] base::Result<Listener> parse_listener(proto::Input input, std::string_view url);

// Returns whether `at` is of TCP or UDP with port 0: it becomes a different port each time.
[[nodiscard]] bool has_any_port(const base::Endpoint& at);

}  // namespace crawlspool::config
