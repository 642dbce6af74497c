#include "daemon/ingest/stream_connection.h"

#include <algorithm>
#include <random>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/log.h"
#include "daemon/base/text.h"
#include "daemon/ingest/io_loop.h"
#include "proto/first_bytes.h"

namespace crawlspool::ingest {
namespace {

using proto::ErrorWord;
using proto::FrameType;
using proto::GoodbyeReason;

constexpr std::size_t kReadBytes = 64 * 1024;        // small frames: bounds the work of a turn
constexpr std::size_t kLargeReadBytes = 256 * 1024;  // within a large one
constexpr std::size_t kUnsentBytesMax = 64 * 1024;   // of answers, before no more is taken in
constexpr std::size_t kLinesPerTurnMax = 1024 * 1024;
constexpr std::int64_t kFrameMsPer64KiB = 1000;
constexpr std::int64_t kRetryAfterMs = 1000;
constexpr std::int64_t kReconnectMsMin = 500;  // spread, so that a fleet does not come back at once
constexpr std::int64_t kReconnectMsMax = 5000;

std::int64_t spread_reconnect_ms() {
  static thread_local std::minstd_rand random(std::random_device{}());
  return std::uniform_int_distribution<std::int64_t>(kReconnectMsMin, kReconnectMsMax)(random);
}

proto::FrameLimits frame_limits(const IoLoop& io) {
  const config::Limits& limits = io.shared().config.limits;
  return {limits.record_bytes_max, limits.batch_bytes_max};
}

}  // namespace

StreamConnection::StreamConnection(IoLoop& io, ConnectionId id, const std::string& peer, Admission::Ticket ticket)
    : Connection(io, id, Transport::kStream, peer, std::move(ticket)),
      origin_(spool::make_origin(word(Transport::kStream), peer)),
      decoder_(frame_limits(io)) {}

StreamConnection::~StreamConnection() { io().appender().memory().release(charged_bytes_); }

void StreamConnection::on_start() {
  if (const auto& limit = ticket().refused()) {
    base::log_warn_limited("conn_refused", {{"peer", peer()}, {"limit", limit->key}, {"max", limit->max}});
    return end_with_error({.code = ErrorWord::kTooManyConnections,
                           .detail = std::string(limit->key) + " is " + std::to_string(limit->max),
                           .limit = limit->key,
                           .max = limit->max});
  }
  if (io().shared().committer.state() == SpoolState::kFailed) spool_failed();
}

// ---- input ----

Connection::ReadPlan StreamConnection::plan_read() {
  if (ending_) return {0, Pause::kBusy};
  if (unsent_bytes() > kUnsentBytesMax) return {0, Pause::kOutput};
  if (io().shared().committer.state() == SpoolState::kDiskFull) return {0, Pause::kDiskFull};
  const MemoryBudget& memory = io().shared().memory;
  const std::size_t needed = decoder_.mid_frame() ? decoder_.bytes_needed() : 0;
  if (memory.may_begin()) return {needed > kReadBytes ? kLargeReadBytes : kReadBytes};
  // Only to the end of what has begun.
  if (needed > 0 && memory.may_continue()) return {needed};
  return {0, Pause::kMemory};
}

void StreamConnection::take_input(std::string_view bytes) {
  lines_this_turn_ = 0;
  take_frames(bytes);
}

bool StreamConnection::go_on_with_kept_input() {
  if (kept_input_.empty()) return false;
  lines_this_turn_ = 0;
  const std::string input = std::exchange(kept_input_, {});  // its capacity holds the padding
  take_frames(input);
  return true;
}

void StreamConnection::take_frames(std::string_view input) {
  const ReadTime when = io().read_time();
  proto::Frame frame{};
  bool took_frames = false;
  while (!ending_) {
    if (is_enough_for_one_turn() && !input.empty()) {
      keep_input(input);
      break;
    }
    const auto step = decoder_.next(input, frame);
    if (step == proto::FrameDecoder::Step::kNeedMore) break;
    if (step == proto::FrameDecoder::Step::kRefused) {
      const proto::Refusal& refusal = decoder_.refusal();
      const auto seq = refusal.has_records ? std::optional(taken_seq_ + 1) : std::nullopt;
      return end_with_error({.code = refusal.code, .detail = std::string(refusal.detail), .seq = seq});
    }
    took_frames = true;
    take_frame(frame, when);
    decoder_.frame_taken();
  }
  if (ending_) return;
  note_begun_frame(took_frames);
  account_memory();
  if (unsent_bytes() > 0) send(true);
}

bool StreamConnection::is_enough_for_one_turn() const {
  return !is_draining_ && (lines_this_turn_ > kLinesPerTurnMax || unsent_bytes() > kUnsentBytesMax);
}

void StreamConnection::keep_input(std::string_view rest) {
  kept_input_.reserve(rest.size() + proto::FrameDecoder::kPaddingBytes);
  kept_input_ = rest;
  pause(unsent_bytes() > kUnsentBytesMax ? Pause::kOutput : Pause::kTurn);
}

void StreamConnection::note_begun_frame(bool took_frames) {
  const bool mid_frame = decoder_.mid_frame();
  any_frame_begun_ = any_frame_begun_ || took_frames || mid_frame;
  if (!mid_frame)
    frame_begun_ms_ = 0;
  else if (took_frames || frame_begun_ms_ == 0)
    frame_begun_ms_ = io().now_ms();
}

void StreamConnection::account_memory() {
  io().appender().memory().adjust(charged_bytes_, decoder_.held_bytes() + kept_input_.capacity() + output_held_bytes());
}

void StreamConnection::take_frame(const proto::Frame& frame, const ReadTime& when) {
  switch (frame.type) {
    case FrameType::kRecord:
      return take_record(frame.payload, when);
    case FrameType::kPing:
      return take_ping(frame.payload);
    case FrameType::kPong:
      return;
    case FrameType::kBye:
      return end_with_goodbye({.reason = GoodbyeReason::kBye, .detail = "all is settled"});
    default:
      return end_with_error({.code = ErrorWord::kUnknownFrameType,
                             .detail = std::string(proto::frame_type_name(static_cast<std::uint8_t>(frame.type))) +
                                       " frames are not taken"});
  }
}

void StreamConnection::take_record(std::string_view record, const ReadTime& when) {
  if (taken_seq_ == 0) {
    if (const auto looks_like = proto::recognise_payload(record))
      return end_with_error({.code = ErrorWord::kWrongProtocol, .detail = *looks_like});
  }
  ++taken_seq_;
  if (const auto reason = io().checker().check(record)) {
    reject(record, *reason, when);
  } else {
    lines_this_turn_ += io().appender().add_record(origin_, when, taken_seq_, record);
    count_record();
  }
  io().appender().settle(id(), taken_seq_, mark_);
}

void StreamConnection::reject(std::string_view record, const RejectReason& reason, const ReadTime& when) {
  proto::append_reject(output(), {taken_seq_, reason.code, reason.detail, reason.offset});
  lines_this_turn_ += keep_reject(record, reason, when, {taken_seq_, {"seq", taken_seq_}});
}

void StreamConnection::take_ping(std::string_view payload) {
  if (!payload.empty() && io().checker().check(payload))
    return end_with_error({.code = ErrorWord::kBadFrame, .detail = "a ping holds nothing or one JSON value"});
  proto::append_pong(output(), payload);
}

void StreamConnection::on_eof() { end_with_goodbye({.reason = GoodbyeReason::kBye, .detail = "the stream has ended"}); }

// ---- pauses ----

void StreamConnection::disk_full() {
  if (!all_settled() && !ending_ && !paused()) pause(Pause::kDiskFull);
}

void StreamConnection::on_resumed(std::int64_t paused_ms) {
  if (frame_begun_ms_ != 0) frame_begun_ms_ += paused_ms;
  paused_in_all_ms_ += paused_ms;
  if (!slow_told_) return;
  slow_told_ = false;
  proto::append_resume(output());
  send(true);
}

void StreamConnection::on_long_pause() {
  slow_told_ = true;
  const auto reason = paused() == Pause::kDiskFull ? proto::SlowReason::kDiskFull : proto::SlowReason::kMemory;
  proto::append_slow(output(), reason, kRetryAfterMs);
  send(true);
}

// The number that the begun frame's record would have had.
std::optional<std::uint64_t> StreamConnection::begun_seq() const {
  return decoder_.begun_records() ? std::optional(taken_seq_ + 1) : std::nullopt;
}

double StreamConnection::begun_frame_rate() const {
  if (!is_open() || ending_ || !decoder_.mid_frame()) return -1;
  const auto age_ms = std::max<std::int64_t>(1, io().now_ms() - frame_begun_ms_);
  return static_cast<double>(decoder_.received_bytes()) / static_cast<double>(age_ms);
}

void StreamConnection::give_way() {
  end_with_error({.code = ErrorWord::kFrameTimeout,
                  .detail = "the server's memory is used up and this frame came slowest",
                  .seq = begun_seq()});
}

// ---- answers ----

void StreamConnection::settled(std::uint64_t seq) {
  settled_seq_ = seq;
  if (ending_ && all_settled()) return say_last_words();
  append_ack_if_due();
}

// At most one ack waits: a newer one takes its place until the socket has room.
void StreamConnection::append_ack_if_due() {
  if (!is_open() || settled_seq_ == acked_seq_ || unsent_bytes() > 0) return;
  acked_seq_ = settled_seq_;
  proto::append_ack(output(), acked_seq_);
  send(false);
}

void StreamConnection::on_output_sent() {
  if (!ending_) append_ack_if_due();
  account_memory();
}

// ---- the end ----

void StreamConnection::end_with_error(const proto::ErrorMessage& message) {
  Ending ending{{}, proto::word(message.code)};
  proto::append_error(ending.last_words, message);
  if (!ticket().refused())
    base::log_warn_limited(
        "conn_error",
        {{"conn", id()}, {"peer", peer()}, {"code", proto::word(message.code)}, {"detail", message.detail}});
  end(std::move(ending));
}

void StreamConnection::end_with_goodbye(const proto::GoodbyeMessage& message) {
  Ending ending{{}, proto::word(message.reason)};
  proto::append_goodbye(ending.last_words, message);
  end(std::move(ending));
}

// Nothing behind is looked at; what was read before is settled first.
void StreamConnection::end(Ending ending) {
  if (ending_ || !is_open()) return;
  ending_ = std::move(ending);
  stop_reading();
  base::free_text(kept_input_);
  decoder_.abandon();
  account_memory();
  if (all_settled()) return say_last_words();
  if (unsent_bytes() > 0) send(true);
}

void StreamConnection::say_last_words() {
  if (!is_open()) return;
  if (settled_seq_ != acked_seq_) proto::append_ack(output(), acked_seq_ = settled_seq_);
  output() += ending_->last_words;
  finish(ending_->reason);
}

void StreamConnection::spool_failed() {
  if (!is_open()) return;
  // Nothing more will be settled.
  ending_.emplace(Ending{{}, proto::word(ErrorWord::kSpoolFailed)});
  proto::append_error(ending_->last_words, {.code = ErrorWord::kSpoolFailed,
                                            .detail = "the disk has failed; what is not acked may not be stored"});
  say_last_words();
}

// What was read and is not decoded yet belongs to what is settled.
void StreamConnection::drain() {
  is_draining_ = true;
  if (!ending_ && is_open()) static_cast<void>(go_on_with_kept_input());
  end_with_goodbye({.reason = GoodbyeReason::kDraining,
                    .detail = "the server is stopping",
                    .reconnect_after_ms = spread_reconnect_ms()});
}

// ---- deadlines ----

std::int64_t StreamConnection::frame_deadline_ms() const {
  const std::int64_t frame_ms = io().shared().config.timeouts.frame_ms;
  if (!any_frame_begun_) return opened_ms() + paused_in_all_ms_ + frame_ms;
  if (!decoder_.mid_frame()) return kNever;
  const auto slices = static_cast<std::int64_t>(decoder_.claimed_bytes() / (64 * 1024));
  return frame_begun_ms_ + frame_ms + slices * kFrameMsPer64KiB;
}

std::int64_t StreamConnection::idle_deadline_ms() const {
  const std::int64_t idle_ms = io().shared().config.timeouts.idle_ms;
  return idle_ms > 0 && all_settled() ? last_activity_ms() + idle_ms : kNever;
}

std::int64_t StreamConnection::reading_deadline_ms() const {
  return ending_ ? kNever : std::min(frame_deadline_ms(), idle_deadline_ms());
}

void StreamConnection::on_reading_deadline() {
  if (io().now_ms() < frame_deadline_ms())
    return end_with_goodbye(
        {.reason = GoodbyeReason::kIdleTimeout, .detail = "nothing was read or written for a while"});
  if (decoder_.mid_frame())
    return end_with_error({.code = ErrorWord::kFrameTimeout,
                           .detail = std::to_string(decoder_.received_bytes()) + " bytes of a frame of " +
                                     std::to_string(decoder_.claimed_bytes()) + " had come in time",
                           .seq = begun_seq()});
  end_with_error({.code = ErrorWord::kFrameTimeout, .detail = "no frame has begun in time"});
}

}  // namespace crawlspool::ingest
