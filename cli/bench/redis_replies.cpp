#include <charconv>

#include "cli/bench/reply_reader.h"
#include "daemon/base/text.h"

namespace crawlspool::bench {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::string_view kLineEnd = "\r\n";

base::Result<std::size_t> refused(std::string_view line) {
  std::string shown;
  base::append_json_escaped(shown, base::clip(line, 200));
  return fail(ErrorCode::kIo, "answers " + shown);
}

// Returns the bytes of the reply at the start of `input`, or 0 if it is not whole yet.
base::Result<std::size_t> reply_bytes(std::string_view input) {
  const std::size_t end = input.find(kLineEnd);
  if (end == std::string_view::npos) return 0;
  const std::string_view line = input.substr(0, end);
  const std::size_t line_bytes = end + kLineEnd.size();
  if (line.starts_with('+')) return line_bytes;
  if (!line.starts_with('$')) return refused(line);
  std::size_t length = 0;
  const auto [at, error] = std::from_chars(line.data() + 1, line.data() + line.size(), length);
  if (error != std::errc{} || at != line.data() + line.size() || length > input.max_size() / 2) return refused(line);
  const std::size_t whole = line_bytes + length + kLineEnd.size();
  return whole <= input.size() ? whole : 0;
}

class RedisReplies final : public ReplyReader {
 public:
  explicit RedisReplies(AckLevel level) : level_(level) {}

  [[nodiscard]] base::Result<std::uint64_t> take(std::string_view input) override;
  [[nodiscard]] std::string greeting() const override { return "PING\r\n"; }
  [[nodiscard]] std::optional<AckLevel> ack_level() const override {
    return greeted_ ? std::optional(level_) : std::nullopt;
  }

 private:
  AckLevel level_;
  bool greeted_ = false;
  std::string begun_;  // a reply that is not whole yet
};

base::Result<std::uint64_t> RedisReplies::take(std::string_view input) {
  if (!begun_.empty()) {
    begun_ += input;
    input = begun_;
  }
  std::uint64_t records = 0;
  while (!input.empty()) {
    CRAWLSPOOL_TRY_AS(const auto bytes, reply_bytes(input));
    if (bytes == 0) break;
    records += input.front() == '$';
    greeted_ = greeted_ || input.front() == '+';
    input.remove_prefix(bytes);
  }
  begun_ = std::string(input);
  return records;
}

}  // namespace

std::unique_ptr<ReplyReader> make_redis_replies(AckLevel level) { return std::make_unique<RedisReplies>(level); }

}  // namespace crawlspool::bench
