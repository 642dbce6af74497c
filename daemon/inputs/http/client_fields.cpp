#include "daemon/inputs/http/client_fields.h"

#include <charconv>

#include "daemon/base/text.h"
#include "daemon/session/key.h"
#include "proto/names.h"

namespace crawlspool::http {
namespace {

tl::unexpected<std::string> wrong(std::string detail) { return tl::unexpected(std::move(detail)); }

std::optional<std::uint64_t> parse_seq(const std::string& text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end || value < 1 || value > proto::kSeqMax) return std::nullopt;
  return value;
}

}  // namespace

tl::expected<RequestClient, std::string> read_client(const ClientFields& fields) {
  if (fields.is_repeated) return wrong("a Crawlspool- field is there twice");
  RequestClient client;
  if (fields.client && !proto::is_client_name(*fields.client))
    return wrong(std::string("Crawlspool-Client is ") + proto::kClientNameRule);
  const auto stream = base::decode_percents(fields.stream.value_or(""));
  if (!stream)
    return wrong("Crawlspool-Stream is percent-encoded: '%' and each byte that is not printable ASCII as %XX");
  if (fields.stream && !proto::is_stream_name(*stream))
    return wrong(std::string("Crawlspool-Stream is ") + proto::kStreamNameRule + ", percent-encoded");
  client.names.client = fields.client.value_or("");
  client.names.stream = *stream;
  if (fields.session.has_value() != fields.seq.has_value())
    return wrong("Crawlspool-Session and Crawlspool-Seq need each other");
  if (!fields.session && fields.from) return wrong("Crawlspool-From needs Crawlspool-Session");
  if (!fields.session) return client;
  if (!proto::is_session(*fields.session)) return wrong("Crawlspool-Session is 32 hex digits");
  const auto seq = parse_seq(*fields.seq);
  if (!seq) return wrong("Crawlspool-Seq is a whole number from 1 to 2^53 - 1");
  const auto from = parse_seq(fields.from.value_or("1"));
  if (!from) return wrong("Crawlspool-From is a whole number from 1 to 2^53 - 1");
  client.session = RequestSession{session::session_key(*fields.session), *seq, *from};
  client.names.session = spool::session_digits(client.session->key);
  return client;
}

}  // namespace crawlspool::http
