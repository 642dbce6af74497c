// Decides whether who sends records may: asks the table of tokens and says a refusal in the words of PROTOCOL.md. Holds
// nothing secret and logs nothing. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "daemon/auth/token_table.h"

namespace crawlspool::auth {

// What a sender says of itself, in whichever words its protocol has for it.
struct Credentials {
  std::optional<std::string_view> token;  // none was given: nothing
};

struct Refusal {
  enum class Kind {
    kUnauthorized,  // it must say who it is: HTTP's 401
    kForbidden,     // who it is may not do this: HTTP's 403
  };
  Kind kind = Kind::kUnauthorized;
  std::string detail;
};

// Returns the token that was given. Without one it is nothing where none `is_required`, and a refusal where one is; a
// token that is not known is refused, required or not.
[[nodiscard]] tl::expected<const Token*, Refusal> authenticate(const TokenTable& table, const Credentials& credentials,
                                                               bool is_required, std::int64_t now_us);

// Returns why `token` may not write as `client` (empty: it gave no name) to `stream`; nothing if it may.
[[nodiscard]] std::optional<Refusal> forbid_client(const Token& token, const std::string& client);
[[nodiscard]] std::optional<Refusal> forbid_stream(const Token& token, const std::string& stream);

}  // namespace crawlspool::auth
