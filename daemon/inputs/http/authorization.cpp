#include "daemon/inputs/http/authorization.h"

#include "daemon/base/text.h"
#include "daemon/connection/io_loop.h"
#include "proto/codes.h"

namespace crawlspool::http {
namespace {

// Returns what stands behind the scheme and its space.
std::optional<std::string_view> credentials_of(std::string_view authorization, std::string_view scheme) {
  if (authorization.size() <= scheme.size() || authorization[scheme.size()] != ' ') return std::nullopt;
  for (std::size_t i = 0; i < scheme.size(); ++i)
    if ((static_cast<unsigned char>(authorization[i]) | 0x20U) != static_cast<unsigned char>(scheme[i]))
      return std::nullopt;
  const std::size_t begin = authorization.find_first_not_of(' ', scheme.size());
  return begin == std::string_view::npos ? std::string_view() : authorization.substr(begin);
}

}  // namespace

std::optional<std::string> token_of(std::string_view authorization) {
  if (const auto bearer = credentials_of(authorization, "bearer")) return std::string(*bearer);
  const auto basic = credentials_of(authorization, "basic");
  if (!basic) return std::nullopt;
  const auto pair = base::decode_base64(*basic);
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  return colon == std::string::npos ? std::string() : pair->substr(colon + 1);
}

Response refusal_response(connection::Connection& connection, const auth::Refusal& refusal, Asks asks) {
  if (refusal.wait_ms > 0) connection.link().hold_output_until(connection.io().now_ms() + refusal.wait_ms);
  if (refusal.kind == auth::Refusal::Kind::kForbidden)
    return error_response(403, proto::word(proto::ErrorWord::kForbidden), refusal.detail);
  Response response = error_response(401, proto::word(proto::ErrorWord::kUnauthorized), refusal.detail);
  response.more_headers = asks == Asks::kPrograms
                              ? "WWW-Authenticate: Bearer realm=\"crawlspool\"\r\n"
                              : "WWW-Authenticate: Basic realm=\"crawlspool\", charset=\"UTF-8\"\r\n";
  return response;
}

}  // namespace crawlspool::http
