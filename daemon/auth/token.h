// A token: the secret by which a sender proves its name. Makes new ones and computes the SHA-256 under which the server
// knows them. No text made here but new_token() holds a token. Any thread. Source: PROTOCOL.md, "Tokens".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/error.h"
#include "daemon/base/sha256.h"

namespace crawlspool::auth {

inline constexpr std::string_view kTokenPrefix = "cs_";
inline constexpr std::size_t kTokenRandomBytes = 32;

using TokenHash = base::Sha256;

// Returns `cs_` and 32 random bytes in base64url without padding. The error is kIo: the system gave no random bytes.
[[nodiscard]] base::Result<std::string> new_token();

// Returns the SHA-256 of the bytes as they were sent.
[[nodiscard]] inline TokenHash hash_token(std::string_view token) { return base::sha256(token); }

// Writes and reads 64 hex digits; both cases are read.
[[nodiscard]] std::string hash_digits(const TokenHash& hash);
[[nodiscard]] std::optional<TokenHash> parse_hash(std::string_view digits);

// A token's name goes into logs, lines and labels: 1 to 64 of the letters, digits, '.', '_' and '-' of ASCII.
[[nodiscard]] bool is_token_name(std::string_view name);
inline constexpr const char* kTokenNameRule = "1 to 64 letters, digits, '.', '_' or '-'";

}  // namespace crawlspool::auth
