// Durations and sizes as the configuration writes them: a whole number and its unit, `5m` or `16MiB`.
// Errors are kConfig and say what is wrong with the text, without naming the key or its place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/error.h"

namespace crawlspool::config {

// Decimal digits only, without sign, separators or leading zeros; at most 2^63 - 1.
[[nodiscard]] base::Result<std::uint64_t> parse_whole(std::string_view text);

// `ms`, `s`, `m`, `h`, `d`, or a bare 0; at most 2^63 - 1 milliseconds.
[[nodiscard]] base::Result<std::int64_t> parse_duration_ms(std::string_view text);

// `B`, `KiB`, `MiB`, `GiB`, `TiB`, or a bare 0; at most 2^63 - 1 bytes.
[[nodiscard]] base::Result<std::uint64_t> parse_size(std::string_view text);

// The largest unit that needs no fraction; 0 is bare. They parse back to the same value.
[[nodiscard]] std::string format_duration(std::int64_t ms);
[[nodiscard]] std::string format_size(std::uint64_t bytes);

// `text` between single quotes as messages show it: one line, cut at 80 bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);

// `text` with what would break a line or move a cursor escaped, quotes and backslashes as they are.
[[nodiscard]] std::string one_line(std::string_view text);

}  // namespace crawlspool::config
