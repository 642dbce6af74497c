// What redis-server answers to PING and XADD, in RESP2: one reply a command.
#pragma once

#include "cli/bench/reply_reader.h"

namespace crawlspool::bench {

class RedisReplies final : public ReplyReader {
 public:
  // What its acks mean is its configuration's business, and taken from the caller.
  explicit RedisReplies(AckLevel level) : level_(level) {}

  [[nodiscard]] base::Result<std::uint64_t> take(std::string_view input) override;
  [[nodiscard]] std::string greeting() const override { return "PING\r\n"; }
  [[nodiscard]] std::optional<AckLevel> ack_level() const override {
    return greeted_ ? std::optional(level_) : std::nullopt;
  }

 private:
  AckLevel level_;
  bool greeted_ = false;
  std::string begun_;  // of a reply that is not whole yet
};

}  // namespace crawlspool::bench
