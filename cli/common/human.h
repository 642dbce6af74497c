// Writes numbers as people read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace crawlspool::cli {

[[nodiscard]] std::string human_bytes(std::uint64_t bytes);      // "999 B", "1.5 KiB", "12.0 GiB"
[[nodiscard]] std::string human_seconds(std::uint64_t seconds);  // "59s", "1h 5m", "3d 2h"
[[nodiscard]] std::string fixed(double value, int decimals);

// "1 line", "2 lines"
[[nodiscard]] std::string counted(std::uint64_t count, const std::string& noun);

[[nodiscard]] std::string grouped(std::uint64_t number);   // "1,234,567"
[[nodiscard]] std::string three_digits(double value);      // "0.0123", "1.23", "12.3", "123", "1,234"
[[nodiscard]] std::string duration_text(std::int64_t us);  // "23 us", "1.23 ms", "12.3 s"
[[nodiscard]] std::string times_text(double times);        // "1.0", "24.5", "245"

// Returns "-" for nothing.
template <class T>
[[nodiscard]] std::string or_dash(const std::optional<T>& value, std::string (*text)(T)) {
  return value ? text(*value) : "-";
}

}  // namespace crawlspool::cli
