// The tokens of JSON by RFC 8259: what stands at a place, judged by its bytes.
#pragma once

#include <cstddef>
#include <string_view>

namespace crawlspool::ingest {

// Whether `true`, `false`, `null` or a number begins at `at` and ends where a token may.
[[nodiscard]] bool is_scalar(std::string_view text, std::size_t at);

// Where a string first goes wrong in a text that has one with a control character in it or without an end.
[[nodiscard]] std::size_t first_string_fault(std::string_view text);

}  // namespace crawlspool::ingest
