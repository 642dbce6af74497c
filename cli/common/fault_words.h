// What is wrong with a record that was rejected, in words: what was expected where the trouble begins, and what stands
// there. The daemon's verdict names the place only, so that rejecting stays cheap.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crawlspool::cli {

// "a record begins with {, [, …; found 'hello'"; empty where nothing can be said. `code`, `offset`: the verdict's;
// `record`: its bytes, at least some behind the offset.
[[nodiscard]] std::string fault_words(std::string_view record, std::string_view code,
                                      const std::optional<std::uint64_t>& offset);

// "code: detail at byte N: " and those words.
[[nodiscard]] std::string verdict_words(std::string_view record, std::string_view code, const std::string& detail,
                                        const std::optional<std::uint64_t>& offset);

}  // namespace crawlspool::cli
