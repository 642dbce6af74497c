// One question to a daemon's admin listener. Tells apart who answers in its place, for people who gave another port.
#pragma once

#include <string>

#include "cli/common/address.h"

namespace crawlspool::cli {

// The body of a 200. Else an error that names the server and, where it is known, what listens there instead.
[[nodiscard]] base::Result<std::string> ask_admin(const Address& server, const std::string& path, int timeout_ms);

}  // namespace crawlspool::cli
