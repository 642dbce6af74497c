// What a misspelt name was meant to be.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace crawlspool::config {

// The candidate that takes the fewest insertions, deletions and replacements of bytes; of equals the first.
// What follows the last dot may match alone, at the price of one change: `idle` and `limits.idle` are nearest to
// `timeouts.idle`. Only the first 64 bytes of `name` count. `candidates` must not be empty.
[[nodiscard]] std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates);

// The same where it is near enough for a slip of the fingers: at most one byte in three is changed, rounded up; or
// the first one that begins with `name`. Takes no candidates, too.
[[nodiscard]] std::optional<std::string_view> suggestion(std::string_view name,
                                                         const std::vector<std::string_view>& candidates);

}  // namespace crawlspool::config
