// What the daemon's HTTP listener answers to POST /v1/records. Source: PROTOCOL.md, "HTTP".
#pragma once

#include "cli/bench/reply_reader.h"

namespace crawlspool::bench {

class HttpReplies final : public ReplyReader {
 public:
  [[nodiscard]] base::Result<std::uint64_t> take(std::string_view input) override;
  [[nodiscard]] std::string greeting() const override;  // a body without records
  [[nodiscard]] std::optional<AckLevel> ack_level() const override { return ack_level_; }

 private:
  [[nodiscard]] base::Result<std::size_t> take_answer(std::string_view input);
  [[nodiscard]] base::Result<void> judge(unsigned status, std::string_view body);

  std::string begun_;  // of an answer that is not whole yet
  std::optional<AckLevel> ack_level_;
  std::uint64_t accepted_ = 0;
};

}  // namespace crawlspool::bench
