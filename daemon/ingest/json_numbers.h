// Numbers that RFC 8259 allows and the fast parser does not: those beyond 64 bits or a double's range. They are judged
// by the grammar alone and stood in for by `0` in a scratch copy, which then goes through the fast parser again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace crawlspool::ingest {

// Overwrites each number token outside of strings in `json` by `0` and spaces, keeping its length. Returns the offset
// of the first token that starts as a number and is none by RFC 8259, section 6, or nothing.
[[nodiscard]] std::optional<std::size_t> flatten_numbers(std::string& json);

}  // namespace crawlspool::ingest
