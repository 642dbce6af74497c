#include "cli/reply.h"

#include <nlohmann/json.hpp>

namespace crawlspool::cli {
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

Reply::Kind kind_of(const std::string& key) {
  if (key == "reject") return Reply::Kind::kReject;
  if (key == "slow") return Reply::Kind::kSlow;
  if (key == "resume") return Reply::Kind::kResume;
  if (key == "goodbye") return Reply::Kind::kGoodbye;
  if (key == "error") return Reply::Kind::kError;
  return Reply::Kind::kOther;
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
    return reply;
  }
  if (!value.is_object()) return reply;
  reply.kind = kind_of(key);
  reply.seq = number(value, "seq");
  reply.word = text(value, reply.kind == Reply::Kind::kSlow || reply.kind == Reply::Kind::kGoodbye ? "reason" : "code");
  reply.detail = text(value, "detail");
  reply.offset = number(value, "offset");
  if (reply.kind == Reply::Kind::kReject && !reply.seq) reply.kind = Reply::Kind::kOther;
  return reply;
}

}  // namespace crawlspool::cli
