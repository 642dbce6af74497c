#include "daemon/auth/gate.h"

namespace crawlspool::auth {
namespace {

Refusal forbidden(const Token& token, const std::string& what) {
  return {Refusal::Kind::kForbidden, "token " + token.name + " may not write " + what, 0};
}

}  // namespace

std::optional<Refusal> forbid_client(const Token& token, const std::string& client) {
  if (matches(token.clients, client)) return {};
  return forbidden(token, client.empty() ? "without a client's name" : "as client " + client);
}

std::optional<Refusal> forbid_stream(const Token& token, const std::string& stream) {
  if (matches(token.streams, stream)) return {};
  return forbidden(token, stream.empty() ? "without a stream's name" : "stream " + stream);
}

}  // namespace crawlspool::auth
