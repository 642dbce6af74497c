// What a client says of itself first. Source: PROTOCOL.md, "Hello".
#pragma once

#include <string>
#include <string_view>

#include "proto/hello.h"

namespace crawlspool::client {

// Appends one whole hello frame. Members that are not set are left out.
void append_hello(std::string& out, const proto::Hello& hello);

// `host` made into a client name: what a name cannot hold becomes '-'.
[[nodiscard]] std::string fit_client_name(std::string_view host);

// 32 hex digits from the system's random source; waits for it where the system has just started.
[[nodiscard]] std::string new_session();

}  // namespace crawlspool::client
