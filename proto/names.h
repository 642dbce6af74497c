// The names that a client gives itself, its session and what it sends, and the numbers it gives its records. The same
// rules in hello and in HTTP's headers. Source: PROTOCOL.md, "Hello".
#pragma once

#include <cstdint>
#include <string_view>

namespace crawlspool::proto {

inline constexpr std::size_t kSessionDigits = 32;
inline constexpr std::uint64_t kSeqMax = (std::uint64_t{1} << 53) - 1;  // what every JSON reader keeps exact

[[nodiscard]] bool is_client_name(std::string_view text);  // 1 to 128 of letters, digits and . _ - :
[[nodiscard]] bool is_stream_name(std::string_view text);  // the same, and /
[[nodiscard]] bool is_session(std::string_view text);      // 32 hex digits of either case

}  // namespace crawlspool::proto
