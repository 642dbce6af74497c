// Checks the escapes in JSON's strings (RFC 8259, section 7), all of a text's at once.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace crawlspool::json {

// Readable bytes behind the text.
inline constexpr std::size_t kEscapesPaddingBytes = 64;

// Returns where the first backslash is that begins no escape, half a surrogate pair among them. All backslashes of
// `text` lie within strings that are closed.
[[nodiscard]] std::optional<std::size_t> first_bad_escape(std::string_view text);

}  // namespace crawlspool::json
