// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace crawlspool::cli {

[[nodiscard]] std::string human_bytes(std::uint64_t bytes);      // "999 B", "1.5 KiB", "12.0 GiB"
[[nodiscard]] std::string human_seconds(std::uint64_t seconds);  // "59s", "1h 5m", "3d 2h"
[[nodiscard]] std::string fixed(double value, int decimals);

// "1 line", "2 lines"
[[nodiscard]] std::string counted(std::uint64_t count, const std::string& noun);

}  // namespace crawlspool::cli
