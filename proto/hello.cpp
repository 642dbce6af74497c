#include "proto/hello.h"

#include <nlohmann/json.hpp>

#include "proto/names.h"

namespace crawlspool::proto {
namespace {

using nlohmann::json;
using Checked = tl::expected<void, std::string>;

tl::unexpected<std::string> wrong(std::string detail) { return tl::unexpected(std::move(detail)); }

Checked check_protocol(const json& object) {
  const auto member = object.find("protocol");
  if (member == object.end()) return wrong("\"protocol\" is missing; this server speaks 1");
  if (!member->is_number_integer()) return wrong("\"protocol\" is a number; this server speaks 1");
  if (*member != kProtocolVersion)
    return wrong("protocol " + member->dump() + " is not spoken here; this server speaks 1");
  return {};
}

// Leaves `into` alone where the member is not there.
Checked read_name(const json& object, const char* key, bool (*is_right)(std::string_view), const char* rule,
                  std::string& into) {
  const auto member = object.find(key);
  if (member == object.end()) return {};
  const std::string* const text = member->get_ptr<const std::string*>();
  if (text == nullptr || !is_right(*text)) return wrong("\"" + std::string(key) + "\" is " + rule);
  into = *text;
  return {};
}

Checked read_from(const json& object, std::uint64_t& from) {
  const auto member = object.find("from");
  if (member == object.end()) return {};
  if (!member->is_number_unsigned() || *member < 1U || *member > kSeqMax)
    return wrong("\"from\" is a whole number from 1 to 2^53 - 1");
  from = member->get<std::uint64_t>();
  return {};
}

Checked read_ack(const json& object, AckLevel& level) {
  const auto member = object.find("ack");
  if (member == object.end()) return {};
  for (const AckLevel candidate : {AckLevel::kSynced, AckLevel::kWritten}) {
    if (*member != word(candidate)) continue;
    level = candidate;
    return {};
  }
  return wrong("\"ack\" is \"synced\" or \"written\"");
}

Checked read_charset(const json& object, std::optional<Charset>& charset) {
  const auto member = object.find("charset");
  if (member == object.end()) return {};
  const std::string* const text = member->get_ptr<const std::string*>();
  if (text != nullptr) charset = find_charset(*text);
  return charset ? Checked{} : wrong("\"charset\" is " + std::string(kCharsetRule));
}

Checked read_heartbeat(const json& object, bool& heartbeat) {
  const auto member = object.find("heartbeat");
  if (member == object.end()) return {};
  if (!member->is_boolean()) return wrong("\"heartbeat\" is true or false");
  heartbeat = member->get<bool>();
  return {};
}

// Whether it is known is not said here.
Checked read_token(const json& object, std::optional<std::string>& token) {
  const auto member = object.find("token");
  if (member == object.end()) return {};
  const std::string* const text = member->get_ptr<const std::string*>();
  if (text == nullptr || text->empty() || text->size() > kTokenBytesMax) return wrong("\"token\" is a token's text");
  token = *text;
  return {};
}

}  // namespace

std::string_view word(AckLevel level) { return level == AckLevel::kSynced ? "synced" : "written"; }

tl::expected<Hello, std::string> parse_hello(std::string_view payload) {
  const json object = json::parse(payload, nullptr, /*allow_exceptions=*/false);
  // It is not quoted: a session in it is a secret, and this goes into the log.
  if (!object.is_object()) return wrong("a hello is a JSON object");
  Hello hello;
  const auto read =
      check_protocol(object)
          .and_then([&] { return read_name(object, "client", is_client_name, kClientNameRule, hello.client); })
          .and_then([&] { return read_name(object, "stream", is_stream_name, kStreamNameRule, hello.stream); })
          .and_then([&] { return read_name(object, "session", is_session, "32 hex digits", hello.session); })
          .and_then([&] { return read_from(object, hello.from); })
          .and_then([&] { return read_ack(object, hello.ack); })
          .and_then([&] { return read_heartbeat(object, hello.heartbeat); })
          .and_then([&] { return read_charset(object, hello.charset); })
          .and_then([&] { return read_token(object, hello.token); });
  if (!read) return wrong(read.error());
  return hello;
}

}  // namespace crawlspool::proto
