// Carries the bytes of one connection: a socket, or TLS over one. Only says what it takes and gives now; what
// waits to be sent, and who learns of readiness, is ByteChannel's. Used on a loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "daemon/net/poll.h"

namespace crawlspool::net {

// Holds the result of one read(): bytes are there, or `end` says why not.
struct ReadResult {
  enum class End { kNone, kAgain, kEof, kBroken };
  std::size_t bytes = 0;
  End end = End::kNone;
};

// Holds the result of one write(): so many bytes were taken. None, and not broken: it takes nothing for now.
struct WriteResult {
  std::size_t bytes = 0;
  bool is_broken = false;
};

class ByteStream {
 public:
  ByteStream() = default;
  virtual ~ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  [[nodiscard]] virtual int descriptor() const = 0;  // to be watched; it is this object's
  [[nodiscard]] virtual ReadResult read(std::span<char> into) = 0;
  [[nodiscard]] virtual WriteResult write(std::string_view bytes) = 0;
  // Returns what the descriptor is to be watched for, so that what is wanted of the stream can happen.
  [[nodiscard]] virtual Interest interest(Interest wanted) const { return wanted; }
  // Returns what it means for reading and writing that the descriptor is ready so.
  [[nodiscard]] virtual Ready meant(Ready ready) const { return ready; }
  // Returns whether read() may give more although the descriptor does not become readable.
  [[nodiscard]] virtual bool has_buffered_input() const { return false; }
  // Returns within what time of its start the peer must have shown that it speaks what the stream speaks; 0: it has, or
  // need not.
  [[nodiscard]] virtual std::int64_t handshake_ms_max() const { return 0; }
  // Returns why it is broken, where that is not the network; empty else.
  [[nodiscard]] virtual std::string_view failure() const { return {}; }
  // Whether nobody on the way can read it.
  [[nodiscard]] virtual bool is_encrypted() const { return false; }
  // Returns the name that the peer has proved by a certificate, where the stream looks at one; empty else.
  [[nodiscard]] virtual std::string peer_name() const { return {}; }
  // Says to the peer that nothing more comes.
  virtual void shut_sending_side() = 0;
  // Returns the memory that it holds, beside what was read and what waits to be written.
  [[nodiscard]] virtual std::size_t held_bytes() const { return 0; }
};

}  // namespace crawlspool::net
