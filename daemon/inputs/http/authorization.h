// A request's token, and the answer to one that is not let in. Source: PROTOCOL.md, "Tokens".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/auth/gate.h"
#include "daemon/connection/connection.h"
#include "daemon/inputs/http/response.h"

namespace crawlspool::http {

// Returns the token that `Bearer TOKEN` has, or `Basic` as its password; nothing where the field has neither.
[[nodiscard]] std::optional<std::string> token_of(std::string_view authorization);

// Whom the answer asks for a token: programs, which send Bearer, or browsers, too, which ask their user for Basic's.
enum class Asks { kPrograms, kBrowsers };

// Returns the answer, which waits as long as the refusal says: nothing more is read from the connection meanwhile.
[[nodiscard]] Response refusal_response(connection::Connection& connection, const auth::Refusal& refusal, Asks asks);

}  // namespace crawlspool::http
