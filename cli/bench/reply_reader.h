// Reads what a server answers on one connection, as far as to count the records that it acknowledges. Can be resumed at
// any byte, and does no I/O.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cli/bench/mode.h"
#include "daemon/base/error.h"

namespace crawlspool::bench {

class ReplyReader {
 public:
  // So many bytes may be read behind every input.
  static constexpr std::size_t kPaddingBytes = 64;

  virtual ~ReplyReader() = default;

  // Returns how many more records these bytes acknowledge. Fails where the server refuses anything, or speaks something
  // else.
  [[nodiscard]] virtual base::Result<std::uint64_t> take(std::string_view input) = 0;

  // Returns what is sent first, before any record, or "". It is answered once ack_level() is known.
  [[nodiscard]] virtual std::string greeting() const = 0;
  // Returns what the server says that its acks mean; nothing as long as it has not answered the greeting.
  [[nodiscard]] virtual std::optional<AckLevel> ack_level() const = 0;
};

// Reads what the daemon's HTTP listener answers to POST /v1/records. Source: PROTOCOL.md, "HTTP".
[[nodiscard]] std::unique_ptr<ReplyReader> make_http_replies();
// Reads what the daemon's stream listener answers, and asks it for acks of `level`. Source: PROTOCOL.md, "What the
// server sends".
[[nodiscard]] std::unique_ptr<ReplyReader> make_stream_replies(AckLevel level);
// Reads what redis-server answers to PING and XADD, in RESP2: one reply a command. What its acks mean is up to its
// configuration, so `level` is what the caller knows of that.
[[nodiscard]] std::unique_ptr<ReplyReader> make_redis_replies(AckLevel level);

}  // namespace crawlspool::bench
