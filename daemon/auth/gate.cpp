#include "daemon/auth/gate.h"

namespace crawlspool::auth {
namespace {

Refusal forbidden(const Token& token, const std::string& what) {
  return {Refusal::Kind::kForbidden, "token " + token.name + " may not write " + what};
}

}  // namespace

tl::expected<const Token*, Refusal> authenticate(const TokenTable& table, const Credentials& credentials,
                                                 bool is_required, std::int64_t now_us) {
  if (!credentials.token) {
    if (!is_required) return nullptr;
    return tl::unexpected(Refusal{Refusal::Kind::kUnauthorized, "this server wants a token"});
  }
  if (const Token* const token = table.find(*credentials.token, now_us)) return token;
  return tl::unexpected(Refusal{Refusal::Kind::kUnauthorized, "that token is not known"});
}

std::optional<Refusal> forbid_client(const Token& token, const std::string& client) {
  if (matches(token.clients, client)) return {};
  return forbidden(token, client.empty() ? "without a client's name" : "as client " + client);
}

std::optional<Refusal> forbid_stream(const Token& token, const std::string& stream) {
  if (matches(token.streams, stream)) return {};
  return forbidden(token, stream.empty() ? "without a stream's name" : "stream " + stream);
}

}  // namespace crawlspool::auth
