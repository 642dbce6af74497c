// Says in words what is wrong with a record that was rejected: what was expected where the trouble begins, and what
// stands there. The daemon's verdict names the place only, so that rejecting stays cheap.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crawlspool::cli {

// Returns "a record begins with {, [, …; found 'hello'", or "" where nothing can be said. `code` and `offset` are the
// verdict's; `record` holds the record's bytes, at least some behind the offset.
[[nodiscard]] std::string fault_words(std::string_view record, std::string_view code,
                                      const std::optional<std::uint64_t>& offset);

// Returns "code: detail at byte N: " and those words.
[[nodiscard]] std::string verdict_words(std::string_view record, std::string_view code, const std::string& detail,
                                        const std::optional<std::uint64_t>& offset);

}  // namespace crawlspool::cli
