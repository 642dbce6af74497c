#include <charconv>

#include "cli/bench/reply_reader.h"
#include "clients/cpp/messages.h"
#include "daemon/base/text.h"
#include "proto/codes.h"
#include "proto/frame_decoder.h"

namespace crawlspool::bench {
namespace {

using base::ErrorCode;
using base::fail;
using client::Reply;

constexpr std::uint64_t kMessageBytesMax = 64 * 1024;

static_assert(ReplyReader::kPaddingBytes >= proto::FrameDecoder::kPaddingBytes);

// Reads by far the commonest message without a JSON parser: `{"ack":N}`, as PROTOCOL.md has it to the byte.
std::optional<std::uint64_t> plain_ack(std::string_view payload) {
  constexpr std::string_view kBegin = "{\"ack\":";
  if (!payload.starts_with(kBegin)) return std::nullopt;
  std::uint64_t seq = 0;
  const char* const end = payload.data() + payload.size();
  const auto [at, error] = std::from_chars(payload.data() + kBegin.size(), end, seq);
  return error == std::errc{} && at + 1 == end && *at == '}' ? std::optional(seq) : std::nullopt;
}

std::string escaped(std::string_view text) {
  std::string out;
  base::append_json_escaped(out, text);
  return out;
}

class StreamReplies final : public ReplyReader {
 public:
  explicit StreamReplies(AckLevel level);

  [[nodiscard]] base::Result<std::uint64_t> take(std::string_view input) override;
  [[nodiscard]] std::string greeting() const override;
  [[nodiscard]] std::optional<AckLevel> ack_level() const override { return ack_level_; }

 private:
  [[nodiscard]] base::Result<void> take_message(std::string_view payload);

  AckLevel wanted_;
  proto::FrameDecoder decoder_;
  std::optional<AckLevel> ack_level_;
  std::uint64_t acked_seq_ = 0;
};

StreamReplies::StreamReplies(AckLevel level)
    : wanted_(level), decoder_({.record_bytes_max = kMessageBytesMax, .batch_bytes_max = 0}) {}

std::string StreamReplies::greeting() const {
  proto::Hello hello;
  hello.ack = wanted_;
  std::string frame;
  client::append_hello(frame, hello);
  return frame;
}

base::Result<std::uint64_t> StreamReplies::take(std::string_view input) {
  const std::uint64_t before = acked_seq_;
  proto::Frame frame{};
  while (true) {
    switch (decoder_.next(input, frame)) {
      case proto::FrameDecoder::Step::kNeedMore:
        return acked_seq_ - before;
      case proto::FrameDecoder::Step::kRefused:
        return fail(ErrorCode::kDamaged, "does not speak crawlspool's protocol: " + decoder_.refusal().detail);
      case proto::FrameDecoder::Step::kFrame:
        CRAWLSPOOL_TRY(take_message(frame.payload));
    }
  }
}

base::Result<void> StreamReplies::take_message(std::string_view payload) {
  if (const auto seq = plain_ack(payload)) {
    acked_seq_ = *seq;
    return {};
  }
  const Reply reply = client::parse_reply(payload);
  const std::string what = escaped(client::with_detail(reply));
  switch (reply.kind) {
    case Reply::Kind::kWelcome:
      ack_level_ = reply.welcome.acks_are_synced ? AckLevel::kSynced : AckLevel::kWritten;
      return {};
    case Reply::Kind::kReject:
      return fail(ErrorCode::kIo, "rejects record " + std::to_string(*reply.seq) + ": " + what);
    case Reply::Kind::kSlow:
      if (reply.word != proto::word(proto::SlowReason::kDiskFull)) return {};
      return fail(ErrorCode::kDiskFull, "has a full disk");
    case Reply::Kind::kGoodbye:
    case Reply::Kind::kError:
      return fail(ErrorCode::kIo, "ends the connection: " + what);
    default:
      return {};
  }
}

}  // namespace

std::unique_ptr<ReplyReader> make_stream_replies(AckLevel level) { return std::make_unique<StreamReplies>(level); }

}  // namespace crawlspool::bench
