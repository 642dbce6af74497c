// How a stream connection ends, and when it has waited long enough.
#include <algorithm>
#include <random>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/text.h"
#include "daemon/connection/io_loop.h"
#include "daemon/inputs/stream/stream_protocol.h"

namespace crawlspool::stream {
namespace {

using proto::ErrorWord;
using proto::GoodbyeReason;

constexpr std::int64_t kFrameMsPer64KiB = 1000;
constexpr std::int64_t kReconnectMsMin = 500;  // spread, so that a fleet does not come back at once
constexpr std::int64_t kReconnectMsMax = 5000;

std::int64_t spread_reconnect_ms() {
  static thread_local std::minstd_rand random(std::random_device{}());
  return std::uniform_int_distribution<std::int64_t>(kReconnectMsMin, kReconnectMsMax)(random);
}

}  // namespace

// ---- the end ----

// The number that the begun frame's first record would have had.
std::optional<std::uint64_t> StreamProtocol::begun_seq() const {
  return decoder_.begun_records() ? std::optional(writer_.taken() + 1) : std::nullopt;
}

void StreamProtocol::end_with_error(const proto::ErrorMessage& message) {
  Ending ending{{}, proto::word(message.code)};
  proto::append_error(ending.last_words, message);
  if (!connection_.ticket().refused())
    base::log_warn_limited("conn_error", {{"conn", connection_.id()},
                                          {"peer", connection_.peer()},
                                          {"code", proto::word(message.code)},
                                          {"detail", message.detail}});
  end(std::move(ending));
}

void StreamProtocol::end_with_goodbye(const proto::GoodbyeMessage& message) {
  Ending ending{{}, proto::word(message.reason)};
  proto::append_goodbye(ending.last_words, message);
  end(std::move(ending));
}

// Nothing behind is looked at; what was read before is settled first.
void StreamProtocol::end(Ending ending) {
  if (ending_ || !connection_.is_open()) return;
  ending_ = std::move(ending);
  connection_.stop_reading();
  writer_.release_session();
  base::free_text(kept_input_);
  drop_batch();
  decoder_.abandon();
  account_memory();
  if (writer_.all_synced()) return say_last_words();
  if (connection_.unsent_bytes() > 0) connection_.send(true);
}

void StreamProtocol::say_last_words() {
  if (!connection_.is_open()) return;
  if (writer_.written() != acked_seq_) proto::append_ack(connection_.output(), acked_seq_ = writer_.written());
  connection_.output() += ending_->last_words;
  connection_.finish(ending_->reason);
}

void StreamProtocol::on_spool_failed() {
  if (!connection_.is_open()) return;
  // Nothing more will be settled.
  writer_.release_session();
  ending_.emplace(Ending{{}, proto::word(ErrorWord::kSpoolFailed)});
  proto::append_error(ending_->last_words, {.code = ErrorWord::kSpoolFailed,
                                            .detail = "the disk has failed; what is not acked may not be stored"});
  say_last_words();
}

// What was read and is not taken in yet belongs to what is settled.
void StreamProtocol::on_drain() {
  is_draining_ = true;
  if (ending_ || !connection_.is_open()) return;
  const bool waits_long = writer_.awaits_session() || connection_.paused() == connection::Pause::kAmplification;
  if (has_kept_input() && !waits_long) return connection_.resume();
  end_by_drain();
}

void StreamProtocol::on_drain_end() {
  if (ending_) return;  // what is left is the disk's
  is_cut_ = true;
  base::free_text(kept_input_);
  if (batch_ && !batch_->is_begun()) drop_batch();
  drop_unread_answers();
  if (!batch_) return end_by_drain();
  if (connection_.paused() != connection::Pause::kTurn) connection_.resume();
}

void StreamProtocol::drop_unread_answers() {
  if (connection_.unsent_bytes() > kUnsentBytesMax) connection_.abandon_output();
}

void StreamProtocol::end_by_drain() {
  end_with_goodbye({.reason = GoodbyeReason::kDraining,
                    .detail = "the server is stopping",
                    .reconnect_after_ms = spread_reconnect_ms()});
}

// ---- deadlines ----

std::int64_t StreamProtocol::frame_deadline_ms() const {
  const std::int64_t frame_ms = connection_.io().config()->timeouts.frame_ms;
  if (!any_frame_begun_) return connection_.opened_ms() + paused_in_all_ms_ + frame_ms;
  if (!decoder_.mid_frame()) return kNever;
  const auto slices = static_cast<std::int64_t>(decoder_.claimed_bytes() / (64 * 1024));
  return frame_begun_ms_ + frame_ms + slices * kFrameMsPer64KiB;
}

// To one who takes part in heartbeats, what is written proves nothing: the peer's machine may be gone.
std::int64_t StreamProtocol::idle_deadline_ms() const {
  const std::int64_t idle_ms = connection_.io().config()->timeouts.idle_ms;
  if (idle_ms == 0 || !writer_.all_synced()) return kNever;
  return (hello_.heartbeat ? connection_.last_input_ms() : connection_.last_activity_ms()) + idle_ms;
}

std::int64_t StreamProtocol::ping_due_ms() const {
  const std::int64_t idle_ms = connection_.io().config()->timeouts.idle_ms;
  return hello_.heartbeat && idle_ms > 0 && !is_pinged_ ? connection_.last_input_ms() + idle_ms / 2 : kNever;
}

std::int64_t StreamProtocol::deadline_ms() const {
  return ending_ ? kNever : std::min({frame_deadline_ms(), idle_deadline_ms(), ping_due_ms()});
}

void StreamProtocol::on_deadline() {
  const std::int64_t now_ms = connection_.io().now_ms();
  if (now_ms >= frame_deadline_ms()) {
    if (!decoder_.mid_frame())
      return end_with_error({.code = ErrorWord::kFrameTimeout, .detail = "no frame has begun in time"});
    return end_with_error({.code = ErrorWord::kFrameTimeout,
                           .detail = std::to_string(decoder_.received_bytes()) + " bytes of a frame of " +
                                     std::to_string(decoder_.claimed_bytes()) + " had come in time",
                           .seq = begun_seq()});
  }
  if (now_ms >= idle_deadline_ms())
    return end_with_goodbye(
        {.reason = GoodbyeReason::kIdleTimeout, .detail = "nothing was read or written for a while"});
  is_pinged_ = true;
  proto::append_ping(connection_.output());
  connection_.send(true);
}

}  // namespace crawlspool::stream
