// A time as `--since` takes it: how long ago, or when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace crawlspool::cli {

// Microseconds since 1970, UTC. A duration back from `now_us` (90s, 30m, 1h, 7d), a date (2026-11-20, its first
// moment), or a time of RFC 3339 in UTC (2026-11-20T04:05:06Z, with a fraction if wanted). Nothing if it is neither.
[[nodiscard]] std::optional<std::int64_t> parse_since(const std::string& text, std::int64_t now_us);

// Empty if parse_since takes it, else the complaint: what CLI11 asks of a check.
[[nodiscard]] std::string check_since(const std::string& text);

}  // namespace crawlspool::cli
