#include "clients/cpp/ending.h"

#include <algorithm>
#include <array>

#include "proto/codes.h"

namespace crawlspool::client {
namespace {

using proto::ErrorWord;
using proto::GoodbyeReason;

constexpr std::array kFinalErrors{ErrorWord::kWrongProtocol,  ErrorWord::kFrameTooLarge, ErrorWord::kUnknownFrameType,
                                  ErrorWord::kBadFrame,       ErrorWord::kBadHello,      ErrorWord::kBadBatch,
                                  ErrorWord::kSessionMismatch};

bool is_final(const Reply& end) {
  if (end.kind == Reply::Kind::kGoodbye) return end.word == proto::word(GoodbyeReason::kSuperseded);
  return std::any_of(kFinalErrors.begin(), kFinalErrors.end(),
                     [&](ErrorWord code) { return end.word == proto::word(code); });
}

}  // namespace

Ending Ending::of(const Reply& end) {
  return {is_final(end) ? Kind::kFinal : Kind::kLater, with_detail(end), end.reconnect_after_ms.value_or(0)};
}

bool blames_a_frame(const Reply& end) {
  return end.kind == Reply::Kind::kError && end.seq &&
         (end.word == proto::word(ErrorWord::kFrameTooLarge) || end.word == proto::word(ErrorWord::kBadBatch));
}

std::string with_detail(const Reply& reply) { return reply.word + (reply.detail.empty() ? "" : ": " + reply.detail); }

}  // namespace crawlspool::client
