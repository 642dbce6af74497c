// Puts replies into bytes, as RESP2 and RESP3 have them. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace crawlspool::redis {

enum class RespVersion { k2 = 2, k3 = 3 };

void append_simple(std::string& out, std::string_view text);
void append_integer(std::string& out, std::uint64_t number);
void append_bulk(std::string& out, std::string_view text);
void append_nothing(std::string& out, RespVersion version);
void append_array_head(std::string& out, std::uint64_t members);
// In RESP2 an array of keys and values.
void append_map_head(std::string& out, std::uint64_t pairs, RespVersion version);

// `text` begins with the error's word in capitals. What a peer sent may be part of it: control characters become
// spaces, so that it stays one line, and it is cut off where it is long.
inline constexpr std::size_t kErrorBytesMax = 512;
void append_error(std::string& out, std::string_view text);

// The errors of records and of the spool: `-ERR crawlspool CODE DETAIL`.
void append_refusal(std::string& out, std::string_view code, std::string_view detail);

}  // namespace crawlspool::redis
