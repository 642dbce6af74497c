// A server that a load is put on, which says where it listens and how to look at it from outside; and those servers
// that the bench starts itself.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "cli/bench/mode.h"
#include "cli/common/channel.h"
#include "daemon/base/endpoint.h"
#include "daemon/base/error.h"

namespace crawlspool::bench {

struct Addresses {
  std::optional<base::Endpoint> stream;
  std::optional<base::Endpoint> http;
  std::optional<base::Endpoint> admin;
  std::optional<base::Endpoint> redis;
  std::optional<cli::TlsPeer> stream_tls = {};
  std::optional<cli::TlsPeer> http_tls = {};

  // Returns the listener that speaks this transport.
  [[nodiscard]] const std::optional<base::Endpoint>& of(Transport transport) const {
    switch (transport) {
      case Transport::kHttp:
        return http;
      case Transport::kStream:
        return stream;
      case Transport::kRedis:
        break;
    }
    return redis;
  }
  // Returns with whom TLS is spoken there; nothing where it is not.
  [[nodiscard]] std::optional<cli::TlsPeer> tls_of(Transport transport) const {
    if (transport == Transport::kRedis) return std::nullopt;
    return transport == Transport::kHttp ? http_tls : stream_tls;
  }
};

class Target {
 public:
  virtual ~Target() = default;

  [[nodiscard]] virtual const Addresses& addresses() const = 0;
  // Returns its process id if it runs on this machine.
  [[nodiscard]] virtual std::optional<pid_t> pid() const = 0;
  // Returns whether nobody else uses it, so that what it has stored is what was sent.
  [[nodiscard]] virtual bool is_ours() const = 0;
  [[nodiscard]] virtual base::Result<void> stop() = 0;
};

struct OwnDaemonOptions {
  std::string program;           // crawlspoold's path
  std::string parent_directory;  // where the spool's directory is made
  std::size_t connections = 1;   // as many as it must take at a time
  AckLevel level = AckLevel::kSynced;
};
// Starts a crawlspoold of our own on loopback ports, with an empty spool in a directory that goes with it. It listens
// when this returns.
[[nodiscard]] base::Result<std::unique_ptr<Target>> start_own_daemon(const OwnDaemonOptions& options);

// Starts a redis-server of our own on a loopback port, with an empty append-only file in a directory that goes with it.
// It listens when this returns, and syncs always or once a second, by `level`.
[[nodiscard]] base::Result<std::unique_ptr<Target>> start_own_redis(const std::string& parent_directory,
                                                                    AckLevel level);
// Returns which version of redis-server is installed, such as "redis-server 7.0.15"; fails where there is none.
[[nodiscard]] base::Result<std::string> find_redis_version(const std::string& parent_directory);

}  // namespace crawlspool::bench
