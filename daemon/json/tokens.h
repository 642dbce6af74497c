// Checks the tokens of JSON by RFC 8259: what stands at a place, judged by its bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace crawlspool::json {

// Returns whether `true`, `false`, `null` or a number begins at `at` and ends where a token may.
[[nodiscard]] bool is_scalar(std::string_view text, std::size_t at);

// Returns where a string first goes wrong, by a control character in it or by having no end; nothing if none does.
[[nodiscard]] std::optional<std::size_t> string_fault(std::string_view text);

// Returns where the token behind the one at `at` begins, the text's size if there is none. The one at `at` is sound,
// and the first is at the first byte that is no white space. Sets `has_string_fault` where the one at `at` is a string
// with what string_fault() finds; what is returned then means nothing.
[[nodiscard]] std::size_t next_token(std::string_view text, std::size_t at, bool& has_string_fault);
[[nodiscard]] std::size_t first_token(std::string_view text);

// Returns where a string first goes wrong in a text that has one with a control character in it or without an end.
[[nodiscard]] std::size_t first_string_fault(std::string_view text);

}  // namespace crawlspool::json
