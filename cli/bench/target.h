// A server that a load is put on: where it listens, and how to look at it from outside.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "cli/bench/mode.h"
#include "daemon/base/endpoint.h"
#include "daemon/base/error.h"

namespace crawlspool::bench {

// Of one of the three kinds of listeners.
struct Addresses {
  std::optional<base::Endpoint> stream;
  std::optional<base::Endpoint> http;
  std::optional<base::Endpoint> admin;
  std::optional<base::Endpoint> redis;

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
};

class Target {
 public:
  virtual ~Target() = default;

  [[nodiscard]] virtual const Addresses& addresses() const = 0;
  [[nodiscard]] virtual std::optional<pid_t> pid() const = 0;  // on this machine
  // Nobody else uses it, so that what it has stored is what was sent.
  [[nodiscard]] virtual bool is_ours() const = 0;
  [[nodiscard]] virtual base::Result<void> stop() = 0;
};

}  // namespace crawlspool::bench
