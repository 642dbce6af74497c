#include "clients/cpp/reply.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace crawlspool::client {
namespace {

using nlohmann::json;

std::optional<std::uint64_t> number(const json& object, const char* key) {
  const auto at = object.find(key);
  if (at == object.end() || !at->is_number_unsigned()) return std::nullopt;
  return at->get<std::uint64_t>();
}

std::string text(const json& object, const char* key) {
  const auto at = object.find(key);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string{};
}

std::optional<std::int64_t> milliseconds(const json& object, const char* key) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int32_t>::max();
  const auto value = number(object, key);
  return value ? std::optional<std::int64_t>(std::min(*value, kMax)) : std::nullopt;
}

Reply::Kind kind_of(const std::string& key) {
  if (key == "welcome") return Reply::Kind::kWelcome;
  if (key == "reject") return Reply::Kind::kReject;
  if (key == "slow") return Reply::Kind::kSlow;
  if (key == "resume") return Reply::Kind::kResume;
  if (key == "goodbye") return Reply::Kind::kGoodbye;
  if (key == "error") return Reply::Kind::kError;
  return Reply::Kind::kOther;
}

// Nothing where it does not say where to go on.
std::optional<Welcome> parse_welcome(const json& value) {
  const auto last_seq = number(value, "last_seq");
  if (!last_seq) return std::nullopt;
  Welcome welcome;
  welcome.last_seq = *last_seq;
  const auto known = value.find("known");
  welcome.known = known == value.end() || !known->is_boolean() || known->get<bool>();
  welcome.rejected = number(value, "rejected").value_or(0);
  welcome.acks_are_synced = text(value, "ack") != "written";
  welcome.record_bytes_max = number(value, "record_bytes_max").value_or(0);
  welcome.batch_bytes_max = number(value, "batch_bytes_max").value_or(0);
  welcome.batch_records_max = number(value, "batch_records_max").value_or(0);
  return welcome;
}

Reply parse_object(const std::string& key, const json& value) {
  Reply reply;
  reply.kind = kind_of(key);
  reply.seq = number(value, "seq");
  reply.word = text(value, reply.kind == Reply::Kind::kSlow || reply.kind == Reply::Kind::kGoodbye ? "reason" : "code");
  reply.detail = text(value, "detail");
  reply.offset = number(value, "offset");
  reply.reconnect_after_ms = milliseconds(value, "reconnect_after_ms");
  if (reply.kind == Reply::Kind::kReject && !reply.seq) reply.kind = Reply::Kind::kOther;
  if (reply.kind == Reply::Kind::kWelcome) {
    const auto welcome = parse_welcome(value);
    if (welcome) reply.welcome = *welcome;
    if (!welcome) reply.kind = Reply::Kind::kOther;
  }
  return reply;
}

}  // namespace

Reply parse_reply(std::string_view payload) {
  Reply reply;
  const auto message = json::parse(payload, nullptr, false);
  if (!message.is_object() || message.size() != 1) return reply;
  const std::string& key = message.begin().key();
  const json& value = message.begin().value();
  if (key == "ack" && value.is_number_unsigned()) {
    reply.kind = Reply::Kind::kAck;
    reply.seq = value.get<std::uint64_t>();
  } else if (key == "ping") {
    reply.kind = Reply::Kind::kPing;
    if (!value.is_null()) reply.payload = value.dump();
  } else if (value.is_object()) {
    reply = parse_object(key, value);
  }
  return reply;
}

}  // namespace crawlspool::client
