// Figures as the table and the page show them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace crawlspool::bench {

[[nodiscard]] std::string grouped(std::uint64_t number);   // "1,234,567"
[[nodiscard]] std::string three_digits(double value);      // "0.0123", "1.23", "12.3", "123", "1,234"
[[nodiscard]] std::string duration_text(std::int64_t us);  // "23 us", "1.23 ms", "12.3 s"
[[nodiscard]] std::string times_text(double times);        // "1.0", "24.5", "245"

// "-" for nothing.
template <class T>
[[nodiscard]] std::string or_dash(const std::optional<T>& value, std::string (*text)(T)) {
  return value ? text(*value) : "-";
}

}  // namespace crawlspool::bench
