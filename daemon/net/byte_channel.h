// Moves one connection's bytes on a loop's thread: reads when asked, queues what cannot be written at once, watches for
// what is wanted, and ends in order (shut the sending side, discard what still comes, so that the last words are not
// lost to a reset). Knows bytes only, and not what carries them. Every deadline is its owner's.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "daemon/base/error.h"
#include "daemon/net/byte_stream.h"
#include "daemon/net/loop.h"
#include "daemon/net/poll.h"

namespace crawlspool::net {

class ByteChannel {
 public:
  // Returns kIo where the stream's descriptor cannot be watched. `handler` outlives the channel.
  [[nodiscard]] static base::Result<ByteChannel> open(Loop& loop, std::unique_ptr<ByteStream> stream,
                                                      PollHandler& handler);

  [[nodiscard]] ReadResult read(std::span<char> into) { return stream_->read(into); }
  // As the stream has them.
  [[nodiscard]] bool has_buffered_input() const { return stream_->has_buffered_input(); }
  [[nodiscard]] std::int64_t handshake_ms_max() const { return stream_->handshake_ms_max(); }
  [[nodiscard]] std::string_view failure() const { return stream_->failure(); }
  [[nodiscard]] bool is_encrypted() const { return stream_->is_encrypted(); }
  [[nodiscard]] std::string peer_name() const { return stream_->peer_name(); }
  // Returns what the loop's word of the descriptor means for input and output.
  [[nodiscard]] Ready meant(Ready ready) const;
  // Watches for what the stream waits for now, which reading may have changed.
  void rearm();

  // Appends to what is to be sent; flush() sends.
  [[nodiscard]] std::string& output() { return output_; }
  // Writes what the stream takes now and watches for the rest. False if the connection is broken.
  [[nodiscard]] bool flush();
  void drop_output();
  [[nodiscard]] std::size_t unsent_bytes() const { return output_.size() - sent_; }

  // Sets whether on_ready() is called for input; for a hangup it is as long as that was not seen.
  void want_input(bool wanted);
  void hangup_seen();

  void shut_sending_side() { stream_->shut_sending_side(); }

  [[nodiscard]] std::size_t held_bytes() const { return output_.capacity() + stream_->held_bytes(); }

 private:
  ByteChannel(std::unique_ptr<ByteStream> stream, Poll poll) : stream_(std::move(stream)), poll_(std::move(poll)) {}

  std::unique_ptr<ByteStream> stream_;  // closed after poll_ is gone: members die in reverse order
  Poll poll_;
  std::string output_;
  std::size_t sent_ = 0;  // bytes at the front of output_ that the stream has taken
  bool input_wanted_ = false;
  bool hangup_seen_ = false;
};

}  // namespace crawlspool::net
