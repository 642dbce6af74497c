// The daemon put together: spool, committer, loops, listeners and signals, from start to stop.
#pragma once

#include <optional>
#include <string>

#include "config/model.h"

namespace crawlspool::server {

struct ServerOptions {
  std::optional<std::string> ready_file;
};

// Runs until it is told to stop or cannot go on; the exit code. The log has been started.
[[nodiscard]] int run_server(const config::Config& config, const ServerOptions& options);

}  // namespace crawlspool::server
