// Splits an inline command into its words, as Redis does: at white space, with "double quotes" in which \n, \r, \t, \b,
// \a, \xHH and \ before any other character count, and 'single quotes' in which only \' does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crawlspool::redis {

// Returns nothing where a quote has no end, or none behind it that a word could end with.
[[nodiscard]] std::optional<std::vector<std::string>> split_inline(std::string_view line);

}  // namespace crawlspool::redis
