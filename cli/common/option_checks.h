// Reads and checks what several options take as text: a time, and the names that a client gives itself. Each check
// returns "" where the text will do, and the complaint otherwise, which is what CLI11 asks of a check.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace crawlspool::cli {

// Returns microseconds since 1970, UTC, for what `--since` takes: a duration back from `now_us` (90s, 30m, 1h, 7d), a
// date (2026-11-20, its first moment), or a time of RFC 3339 in UTC (2026-11-20T04:05:06Z, with a fraction if wanted).
// Returns nothing if it is neither.
[[nodiscard]] std::optional<std::int64_t> parse_since(const std::string& text, std::int64_t now_us);
[[nodiscard]] std::string check_since(const std::string& text);

// Source: PROTOCOL.md, "Hello".
[[nodiscard]] std::string check_client(const std::string& text);
[[nodiscard]] std::string check_stream(const std::string& text);
// A charset in which a byte ends a line. Source: PROTOCOL.md, "Charsets".
[[nodiscard]] std::string check_charset_of_lines(const std::string& text);

}  // namespace crawlspool::cli
