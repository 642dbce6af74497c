// The names that a client gives itself, its session and what it sends, and the numbers it gives its records. The same
// rules in hello and in HTTP's headers. Source: PROTOCOL.md, "Hello".
#pragma once

#include <cstdint>
#include <string_view>

namespace crawlspool::proto {

inline constexpr std::size_t kSessionDigits = 32;
inline constexpr std::uint64_t kSeqMax = (std::uint64_t{1} << 53) - 1;  // what every JSON reader keeps exact

// What a name is, for complaints: "… is " and one of these.
inline constexpr const char* kClientNameRule = "1 to 128 of letters, digits, '.', '_', '-' and ':'";
inline constexpr const char* kStreamNameRule =
    "1 to 128 bytes of UTF-8 without spaces and other separators, control, format and private-use characters";

[[nodiscard]] bool is_client_name(std::string_view text);  // kClientNameRule
// kStreamNameRule, by the version of Unicode that stream_characters.h names; code points that it has not assigned are
// taken, noncharacters are not. Compared byte by byte: what is one name in two spellings (NFC, NFD) is two names here.
[[nodiscard]] bool is_stream_name(std::string_view text);
[[nodiscard]] bool is_session(std::string_view text);  // 32 hex digits of either case

}  // namespace crawlspool::proto
