// The way to one peer and its end. Owns the channel, the times at which something went through it, and what is known of
// the answers that wait in it.
//
//   open ──► flushing ──► lingering ──► closed
//     │   last words are   sent and shut;   │
//     │   being sent       input discarded  │
//     └──────── broken, or out of time ─────┘
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/base/error.h"
#include "daemon/net/byte_channel.h"

namespace crawlspool::connection {

class Link {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  explicit Link(std::int64_t now_ms) : times_{now_ms, now_ms, now_ms} {}

  // Returns kIo where the stream cannot be watched: the link is closed then. `handler` outlives the link.
  [[nodiscard]] base::Result<void> open(net::Loop& loop, std::unique_ptr<net::ByteStream> stream,
                                        net::PollHandler& handler);

  [[nodiscard]] bool is_open() const { return phase_ == Phase::kOpen; }
  [[nodiscard]] bool is_lingering() const { return phase_ == Phase::kLingering; }
  [[nodiscard]] bool is_closed() const { return phase_ == Phase::kClosed; }
  [[nodiscard]] const std::string& close_reason() const { return close_reason_; }

  struct Times {
    std::int64_t opened_ms;
    std::int64_t last_activity_ms;  // something was read, or sent; or a pause has ended
    std::int64_t last_input_ms;
  };
  [[nodiscard]] const Times& times() const { return times_; }

  // --- input ---
  [[nodiscard]] net::ReadResult read(std::span<char> into);
  // read() may give more although the loop says of no input that it is there.
  [[nodiscard]] bool has_buffered_input() const { return has_handshake_ && channel_ && channel_->has_buffered_input(); }
  // Returns what the loop's word of the descriptor means.
  [[nodiscard]] net::Ready meant(net::Ready ready) const { return has_handshake_ ? channel_->meant(ready) : ready; }
  // Something was read, or is looked at only now, since the server paused.
  void note_input(std::int64_t now_ms) { times_.last_activity_ms = times_.last_input_ms = now_ms; }
  // Throws away what has come; false once no more will.
  [[nodiscard]] bool discard_input(std::span<char> scratch);
  void want_input(bool wanted) {
    if (channel_) channel_->want_input(wanted);
  }
  void hangup_seen() {
    if (channel_) channel_->hangup_seen();
  }
  // The loop has said that the channel is broken, and watches it no longer. What the peer had sent before is still
  // there to be read.
  void stop_watching() {
    is_watched_ = false;
    is_broken_ = true;
  }
  [[nodiscard]] bool is_watched() const { return is_watched_; }
  // The peer has not shown yet that it speaks what the stream speaks, and must by then.
  [[nodiscard]] bool is_handshaking() const { return handshake_until_ms_ != kNever; }
  [[nodiscard]] std::int64_t handshake_until_ms() const { return handshake_until_ms_; }
  // As ByteStream has them.
  [[nodiscard]] bool is_encrypted() const { return channel_ && channel_->is_encrypted(); }
  [[nodiscard]] std::string peer_name() const { return channel_ ? channel_->peer_name() : std::string(); }
  // Why the stream is broken, where that is not the network.
  [[nodiscard]] std::string_view failure() const { return channel_ ? channel_->failure() : std::string_view(); }

  // --- answers ---
  // Appends to what is to be sent; flush() sends.
  [[nodiscard]] std::string& output() { return channel_->output(); }
  [[nodiscard]] std::size_t unsent_bytes() const { return channel_ ? channel_->unsent_bytes() : 0; }
  [[nodiscard]] std::size_t held_bytes() const { return channel_ ? channel_->held_bytes() : 0; }
  // Output holds more than an ack, so that it is timed until it is sent.
  void note_replies(std::int64_t now_ms);
  struct Flushed {
    bool is_lost = false;  // the link was ending and is broken: it is to be closed
    bool is_all_sent = false;
  };
  // Nothing is sent before then, and nothing more is to be read: the answer to a failed token waits so.
  void hold_output_until(std::int64_t until_ms) { held_until_ms_ = until_ms; }
  [[nodiscard]] bool is_held() const { return held_until_ms_ != 0; }
  // False before the hold's time; after that it is none any more.
  [[nodiscard]] bool end_hold(std::int64_t now_ms);
  // Sends what the channel takes. Where the channel is broken an open link drops what is to be sent, so that what the
  // peer had sent before is read first.
  [[nodiscard]] Flushed flush(std::int64_t now_ms);
  // Nothing more is sent, and what was to be sent is dropped; what the peer has sent is still taken in.
  void abandon_output();
  [[nodiscard]] bool has_stalled(std::int64_t now_ms, std::int64_t write_ms) const;
  // How many bytes a millisecond the peer takes of replies that have waited for long; nothing where there are none.
  [[nodiscard]] std::optional<double> unread_bytes_per_ms(std::int64_t now_ms) const;

  // --- the end ---
  // Output holds the last words.
  void finish(std::string_view reason);
  [[nodiscard]] bool is_flushing() const { return phase_ == Phase::kFlushing; }
  // They are sent: shuts the sending side, and discards what still comes until the peer has ended too.
  void linger(std::int64_t now_ms);
  void close();

  // When a handshake, stalled answers, or a peer that does not end, are out of time.
  [[nodiscard]] std::int64_t deadline_ms(std::int64_t write_ms) const;

 private:
  enum class Phase { kOpen, kFlushing, kLingering, kClosed };

  [[nodiscard]] bool awaits_reader() const { return replies_unsent_ && unsent_bytes() > 0; }

  std::optional<net::ByteChannel> channel_;
  Times times_;
  Phase phase_ = Phase::kOpen;
  bool is_broken_ = false;  // nothing is sent
  bool is_watched_ = true;
  bool has_handshake_ = false;  // of this stream: TLS
  bool replies_unsent_ = false;
  std::string close_reason_;
  std::int64_t write_progress_ms_ = 0;
  std::int64_t replies_since_ms_ = 0;      // while replies_unsent_
  std::uint64_t replies_taken_bytes_ = 0;  // by the peer, since then
  std::int64_t linger_until_ms_ = kNever;
  std::int64_t handshake_until_ms_ = kNever;
  std::int64_t held_until_ms_ = 0;  // 0: not
};

}  // namespace crawlspool::connection
