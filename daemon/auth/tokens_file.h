// Reads a file of tokens (auth.tokens, auth.admin_tokens): YAML, a list of maps with the keys that OPERATIONS.md has.
// Every error is kConfig, its context one line for each mistake: `FILE:LINE: KEY: what is wrong`. No error has a digit
// of a token or of its hash: who writes a token where its hash belongs must not find it in the log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/auth/token_table.h"
#include "daemon/base/error.h"

namespace crawlspool::auth {

inline constexpr std::size_t kTokensFileBytesMax = std::size_t{16} * 1024 * 1024;

[[nodiscard]] base::Result<std::vector<Token>> parse_tokens(const std::string& file, std::string_view yaml);

// The same for the file's text. The error is kConfig, too, where it cannot be read or is over kTokensFileBytesMax.
[[nodiscard]] base::Result<std::vector<Token>> read_tokens(const std::string& file);

// Reads `2027-01-01`, which lasts to the end of that day in UTC, and `2027-01-01T12:00:00Z`, as microseconds of the
// wall clock.
[[nodiscard]] std::optional<std::int64_t> parse_not_after(std::string_view text);

}  // namespace crawlspool::auth
