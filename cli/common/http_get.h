// One HTTP GET, waited for. Used by commands only: it blocks.
#pragma once

#include <string>

#include "cli/common/address.h"

namespace crawlspool::cli {

struct HttpAnswer {
  unsigned status;  // 0: no HTTP, but a crawlspoold's stream listener that says so
  std::string body;
};

// Every step takes at most `timeout_ms`, or it is an error that names the server.
[[nodiscard]] base::Result<HttpAnswer> http_get(const Address& server, const std::string& path, int timeout_ms);

}  // namespace crawlspool::cli
