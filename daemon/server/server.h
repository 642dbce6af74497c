// Puts the daemon together: spool, committer, loops, listeners and signals, from start to stop.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "config/model.h"
#include "daemon/base/error.h"

namespace crawlspool::server {

struct ServerOptions {
  std::optional<std::string> ready_file;
  // For a reload, on a thread of its own that nobody waits for: copied, it owns what it uses.
  std::function<base::Result<config::Config>()> load_config;
};

// Runs until a signal stops it or it cannot go on; the exit code. The log has been started.
[[nodiscard]] int run_server(const config::Config& config, const ServerOptions& options);

}  // namespace crawlspool::server
