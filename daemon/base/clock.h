// Supplies time as the daemon sees it: monotonic for deadlines, wall clock for the spool's `ts` only.
// Virtual, so that tests move it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crawlspool::base {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual std::int64_t monotonic_us() const = 0;
  [[nodiscard]] virtual std::int64_t wall_us() const = 0;  // since 1970-01-01 UTC
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t monotonic_us() const override;
  [[nodiscard]] std::int64_t wall_us() const override;
};

inline constexpr std::size_t kTimestampBytes = 27;  // 2026-11-20T04:05:06.123456Z

// Writes RFC 3339 in UTC with microseconds; `wall_us` lies between the years 0000 and 9999.
void format_timestamp(std::int64_t wall_us, char (&out)[kTimestampBytes]);
[[nodiscard]] std::string format_timestamp(std::int64_t wall_us);
// Reads what format_timestamp writes, and nothing else.
[[nodiscard]] std::optional<std::int64_t> parse_timestamp(std::string_view text);

}  // namespace crawlspool::base
