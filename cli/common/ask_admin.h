// Asks a daemon's admin listener one question over HTTP, and finds out who answers in its place, for people who gave
// another port. It blocks: only commands use it.
#pragma once

#include <string>

#include "cli/common/address.h"

namespace crawlspool::cli {

struct HttpAnswer {
  unsigned status;  // 0: no HTTP, but a crawlspoold's stream listener that says so
  std::string body;
};
// Asks with GET and waits for the answer. Every step takes at most `timeout_ms`; otherwise the error names the server.
[[nodiscard]] base::Result<HttpAnswer> http_get(const Address& server, const std::string& path, int timeout_ms);

// Returns the body of a 200. Otherwise the error names the server and, where it is known, what listens there instead.
[[nodiscard]] base::Result<std::string> ask_admin(const Address& server, const std::string& path, int timeout_ms);

}  // namespace crawlspool::cli
