// What the daemon's stream listener answers: welcome, then acks. Source: PROTOCOL.md, "What the server sends".
#pragma once

#include "cli/bench/reply_reader.h"
#include "proto/frame_decoder.h"

namespace crawlspool::bench {

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

}  // namespace crawlspool::bench
