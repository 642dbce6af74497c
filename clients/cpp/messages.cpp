#include "clients/cpp/messages.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <nlohmann/json.hpp>

#include "daemon/base/check.h"
#include "proto/codes.h"
#include "proto/frame.h"
#include "proto/names.h"

namespace crawlspool::client {
namespace {

using nlohmann::json;
using proto::ErrorWord;
using proto::GoodbyeReason;

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

// Returns nothing where it does not say where to go on.
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

constexpr std::array kFinalErrors{ErrorWord::kWrongProtocol,   ErrorWord::kFrameTooLarge, ErrorWord::kUnknownFrameType,
                                  ErrorWord::kBadFrame,        ErrorWord::kBadHello,      ErrorWord::kBadBatch,
                                  ErrorWord::kSessionMismatch, ErrorWord::kUnauthorized,  ErrorWord::kForbidden};

bool is_final(const Reply& end) {
  if (end.kind == Reply::Kind::kGoodbye) return end.word == proto::word(GoodbyeReason::kSuperseded);
  return std::any_of(kFinalErrors.begin(), kFinalErrors.end(),
                     [&](ErrorWord code) { return end.word == proto::word(code); });
}

constexpr std::size_t kNameBytesMax = 128;
constexpr const char* kNameless = "unnamed";

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

Ending Ending::of(const Reply& end) {
  return {is_final(end) ? Kind::kFinal : Kind::kLater, with_detail(end), end.reconnect_after_ms.value_or(0)};
}

bool blames_a_frame(const Reply& end) {
  return end.kind == Reply::Kind::kError && end.seq &&
         (end.word == proto::word(ErrorWord::kFrameTooLarge) || end.word == proto::word(ErrorWord::kBadBatch));
}

std::string with_detail(const Reply& reply) { return reply.word + (reply.detail.empty() ? "" : ": " + reply.detail); }

void append_hello(std::string& out, const proto::Hello& hello) {
  nlohmann::ordered_json object{{"protocol", proto::kProtocolVersion}};
  if (!hello.client.empty()) object["client"] = hello.client;
  if (!hello.session.empty()) object["session"] = hello.session;
  if (hello.from != 1) object["from"] = hello.from;
  if (!hello.stream.empty()) object["stream"] = hello.stream;
  if (hello.ack != proto::AckLevel::kSynced) object["ack"] = proto::word(hello.ack);
  if (hello.heartbeat) object["heartbeat"] = true;
  if (hello.charset) object["charset"] = word(*hello.charset);
  if (hello.token) object["token"] = *hello.token;
  proto::append_frame(out, proto::FrameType::kHello, object.dump());
}

std::string fit_client_name(std::string_view host) {
  std::string name(host.substr(0, kNameBytesMax));
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        return !proto::is_client_name({&c, 1});
      },
      '-');
  return name.empty() ? kNameless : name;
}

std::string new_session() {
  std::array<unsigned char, proto::kSessionDigits / 2> bytes{};
  ssize_t got = -1;
  do {
    got = ::getrandom(bytes.data(), bytes.size(), 0);
  } while (got < 0 && errno == EINTR);
  CRAWLSPOOL_CHECK(got == static_cast<ssize_t>(bytes.size()));  // so few bytes always come at once
  std::string session;
  for (const unsigned char byte : bytes) {
    session += "0123456789abcdef"[byte >> 4];
    session += "0123456789abcdef"[byte & 0x0FU];
  }
  return session;
}

}  // namespace crawlspool::client
