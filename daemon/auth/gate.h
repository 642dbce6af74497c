// What a token allows, and the words in which something is refused. Holds nothing secret and logs nothing. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/auth/token_table.h"

namespace crawlspool::auth {

struct Refusal {
  enum class Kind {
    kUnauthorized,  // it must say who it is: HTTP's 401
    kForbidden,     // who it is may not do this: HTTP's 403
  };
  Kind kind = Kind::kUnauthorized;
  std::string detail;
  std::int64_t wait_ms = 0;  // before it is said
};

// Returns why `token` may not write as `client` (empty: it gave no name) to `stream`; nothing if it may.
[[nodiscard]] std::optional<Refusal> forbid_client(const Token& token, const std::string& client);
[[nodiscard]] std::optional<Refusal> forbid_stream(const Token& token, const std::string& stream);

}  // namespace crawlspool::auth
