// Computes what the server calls a session: never the session itself, which is its client's secret.
// Source: PROTOCOL.md, "Sessions".
#pragma once

#include <string_view>

#include "daemon/spool/lines/sessions.h"

namespace crawlspool::session {

// Returns the first 64 bits of the SHA-256 of the session's 32 hex digits in lower case.
[[nodiscard]] spool::SessionKey session_key(std::string_view session);

}  // namespace crawlspool::session
