// Does log_warn_limited() in two steps, for an event word that peers can cause many times in a moment: asked first, so
// that a line that is suppressed is not put together. Thread-safe as the log is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/base/log.h"

namespace crawlspool::base {

// Returns whether a line of this word may pass now (monotonic), and how many were suppressed before it; else it is
// counted as suppressed itself.
[[nodiscard]] std::optional<std::uint64_t> admit_warning(std::string_view event, std::int64_t now_us);
// Logs the line that was admitted.
void log_warn_admitted(std::string_view event, std::uint64_t suppressed, LogFields fields);

}  // namespace crawlspool::base
