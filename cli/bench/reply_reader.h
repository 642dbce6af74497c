// Reads what a server answers on one connection, as far as to tell how many records it settles. Resumable at any byte;
// no I/O.
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
  // So many bytes are readable behind every input.
  static constexpr std::size_t kPaddingBytes = 64;

  virtual ~ReplyReader() = default;

  // How many more records these bytes settle. Fails where the server refuses anything, or speaks something else.
  [[nodiscard]] virtual base::Result<std::uint64_t> take(std::string_view input) = 0;

  // What is sent first, before any record; empty: nothing. It is answered once ack_level() is known.
  [[nodiscard]] virtual std::string greeting() const = 0;
  // What the server says that its acks mean; nothing as long as it has not answered the greeting.
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
