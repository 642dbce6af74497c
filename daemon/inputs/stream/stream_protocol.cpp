#include "daemon/inputs/stream/stream_protocol.h"

#include <algorithm>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/log.h"
#include "daemon/base/text.h"
#include "daemon/connection/io_loop.h"
#include "proto/first_bytes.h"
#include "proto/names.h"

namespace crawlspool::stream {
namespace {

using proto::ErrorWord;
using proto::FrameType;
using proto::GoodbyeReason;

constexpr std::size_t kReadBytes = 64 * 1024;        // small frames: bounds the work of a turn
constexpr std::size_t kLargeReadBytes = 256 * 1024;  // within a large one
constexpr std::size_t kSmallHelloBytesMax = 2048;    // names and a session: read with the memory used up, too

}  // namespace

StreamProtocol::StreamProtocol(connection::Connection& connection)
    : connection_(connection),
      writer_(connection.make_writer()),
      decoder_({connection.limits().record_bytes_max, connection.limits().batch_bytes_max}) {}

StreamProtocol::~StreamProtocol() {
  drop_batch();
  connection_.memory_share().adjust(charged_bytes_, 0);
}

void StreamProtocol::refuse(const connection::LimitMet& limit) { end_with_error(too_many_connections(limit)); }

void StreamProtocol::on_open() {
  if (connection_.io().shared().committer.state() == commit::SpoolState::kFailed) on_spool_failed();
}

// ---- input ----

connection::ReadPlan StreamProtocol::plan_read() {
  if (ending_ || (is_draining_ && !has_kept_input())) return {0, connection::Pause::kBusy};
  if (writer_.awaits_session()) return {0, connection::Pause::kSession};
  // A batch that has begun to become lines holds its memory: it goes on.
  if (!(batch_ && batch_->is_ready()) && connection_.waits_for_credit()) return {0, connection::Pause::kAmplification};
  if (connection_.unsent_bytes() > kUnsentBytesMax) return {0, connection::Pause::kOutput};
  if (is_waiting(connection_.io().shared().committer.state()))
    return plan_under_pressure(connection::Pause::kSpoolWaits);
  if (connection_.io().appender().is_full()) return plan_under_pressure(connection::Pause::kSpoolBusy);
  if (batch_)
    return may_go_on_with_batch() ? connection::ReadPlan{kReadBytes}
                                  : connection::ReadPlan{0, connection::Pause::kMemory};
  const std::size_t needed = decoder_.mid_frame() ? decoder_.bytes_needed() : 0;
  if (connection_.memory_share().may_begin()) return {needed > kReadBytes ? kLargeReadBytes : kReadBytes};
  // Only to the end of what has begun.
  if (needed > 0 && connection_.memory_share().may_continue()) return {needed};
  return plan_under_pressure(connection::Pause::kMemory);
}

// A hello of usual size is always read, so that a client learns where it stands.
connection::ReadPlan StreamProtocol::plan_under_pressure(connection::Pause why) const {
  const bool may_be_hello =
      decoder_.at_first_frame() && !decoder_.begun_records() && decoder_.claimed_bytes() <= kSmallHelloBytesMax;
  return may_be_hello && !has_kept_input() ? connection::ReadPlan{decoder_.bytes_needed()}
                                           : connection::ReadPlan{0, why};
}

void StreamProtocol::take_input(std::string_view bytes) {
  is_pinged_ = false;
  take_frames(bytes);
}

void StreamProtocol::take_kept_input() {
  const std::string input = std::exchange(kept_input_, {});  // its capacity holds the padding
  take_frames(input);
  if (is_draining_ && !has_kept_input()) end_by_drain();
}

void StreamProtocol::take_frames(std::string_view input) {
  const commit::ReadTime when = connection_.io().read_time();
  proto::Frame frame{};
  bool took_frames = false;
  if (batch_) go_on_with_batch(when);
  while (!ending_ && !batch_ && !writer_.awaits_session() && !(is_enough_for_one_turn() && !input.empty())) {
    const auto step = decoder_.next(input, frame);
    if (step == proto::FrameDecoder::Step::kNeedMore) break;
    if (step == proto::FrameDecoder::Step::kRefused) {
      const proto::Refusal& refusal = decoder_.refusal();
      const auto seq = refusal.has_records ? std::optional(writer_.taken() + 1) : std::nullopt;
      return end_with_error({.code = refusal.code, .detail = std::string(refusal.detail), .seq = seq});
    }
    took_frames = true;
    take_frame(frame, when);
    any_frame_taken_ = true;
    decoder_.frame_taken();
  }
  if (ending_) return;
  if (connection_.memory_share().has_place() && !batch_ &&
      !(decoder_.mid_frame() && connection_.memory_share().needs_place()))
    connection_.batch_done();
  if (batch_ || writer_.awaits_session() || !input.empty()) keep_input(input);
  note_begun_frame(took_frames);
  account_memory();
  if (connection_.unsent_bytes() > 0) connection_.send(true);
}

bool StreamProtocol::is_enough_for_one_turn() const {
  return connection_.budget().is_spent() || connection_.unsent_bytes() > kUnsentBytesMax;
}

void StreamProtocol::keep_input(std::string_view rest) {
  if (!rest.empty()) {
    kept_input_.reserve(rest.size() + proto::FrameDecoder::kPaddingBytes);
    kept_input_ = rest;
  }
  if (writer_.awaits_session()) return connection_.pause(connection::Pause::kSession);
  if (is_cut_) drop_unread_answers();
  connection_.pause(connection_.unsent_bytes() > kUnsentBytesMax ? connection::Pause::kOutput
                                                                 : connection::Pause::kTurn);
}

void StreamProtocol::note_begun_frame(bool took_frames) {
  const bool mid_frame = decoder_.mid_frame();
  any_frame_begun_ = any_frame_begun_ || took_frames || mid_frame;
  if (!mid_frame)
    frame_begun_ms_ = 0;
  else if (took_frames || frame_begun_ms_ == 0)
    frame_begun_ms_ = connection_.io().now_ms();
}

std::size_t StreamProtocol::held_wire_bytes() const {
  return decoder_.received_bytes() + kept_input_.size() + (batch_ ? batch_->wire_bytes() : 0);
}

void StreamProtocol::account_memory() {
  connection_.memory_share().adjust(
      charged_bytes_, decoder_.held_bytes() + kept_input_.capacity() + (batch_ ? batch_->held_bytes() : 0));
}

void StreamProtocol::take_frame(const proto::Frame& frame, const commit::ReadTime& when) {
  switch (frame.type) {
    case FrameType::kRecord:
      take_first_payload(frame.payload);
      return ending_ || !has_numbers_for(1) ? void() : take_record(frame.payload, when);
    case FrameType::kHello:
      return take_hello(frame.payload);
    case FrameType::kBatch:
      return take_batch(frame.payload, when);
    case FrameType::kZstdBatch:
      return take_zstd_batch(frame.payload, when);
    case FrameType::kPing:
      return take_ping(frame.payload);
    case FrameType::kPong:
      return;
    case FrameType::kBye:
      return end_with_goodbye({.reason = GoodbyeReason::kBye, .detail = "all is settled"});
    case FrameType::kFirstReserved:
      break;
  }
  CRAWLSPOOL_CHECK(false);  // the decoder lets no other type through
}

void StreamProtocol::take_first_payload(std::string_view payload) {
  if (any_frame_taken_) return;
  if (const auto looks_like = proto::recognise_payload(payload))
    end_with_error({.code = ErrorWord::kWrongProtocol, .detail = *looks_like});
}

void StreamProtocol::take_record(std::string_view record, const commit::ReadTime& when) {
  const std::uint64_t seq = writer_.taken() + 1;
  if (const auto reason = writer_.write(record, {seq, {"seq", seq}}, when))
    proto::append_reject(connection_.output(), {seq, reason->code, reason->detail, reason->offset});
}

// A number beyond is not exact in every JSON reader, and its session could not be gone on with. False: the connection
// ends, and nothing of what wanted the numbers was taken in.
bool StreamProtocol::has_numbers_for(std::uint64_t records) {
  if (writer_.taken() <= proto::kSeqMax && records <= proto::kSeqMax - writer_.taken()) return true;
  end_with_error(
      {.code = ErrorWord::kNumbersUsedUp,
       .detail = "numbers end at 2^53 - 1; this connection's last one is " + std::to_string(writer_.taken())});
  return false;
}

// Its records are counted only where they may be too many.
bool StreamProtocol::has_numbers_for_batch(std::string_view batch) {
  const std::uint64_t records_max = connection_.limits().batch_records_max;
  return writer_.taken() + records_max <= proto::kSeqMax || has_numbers_for(proto::count_records(batch, records_max));
}

// ---- batches ----

// Most are taken in at once, where they lie.
void StreamProtocol::take_batch(std::string_view payload, const commit::ReadTime& when) {
  const bool must_wait = !connection_.memory_share().may_take_in(payload.size());
  if (must_wait || intake::may_hold_more_records(payload.size(), connection_.limits().batch_records_max)) {
    batch_.emplace(intake::BatchIntake::Holds::kRecords, decoder_.keep_payload(payload), connection_.limits());
    return must_wait ? void() : go_on_with_batch(when);
  }
  if (!has_numbers_for_batch(payload)) return;
  proto::BatchReader reader(payload);
  while (!is_enough_for_one_turn()) {
    const std::size_t before = reader.rest_bytes();
    const auto record = reader.next();
    if (record)
      take_record(*record, when);
    else if (before > 0)
      connection_.budget().count_scanned(before - reader.rest_bytes());
    else
      return;
  }
  if (reader.rest_bytes() == 0) return;
  const std::size_t taken = payload.size() - reader.rest_bytes();
  batch_ = intake::BatchIntake::rest_of(decoder_.keep_payload(payload), taken, connection_.limits());
}

void StreamProtocol::take_zstd_batch(std::string_view payload, const commit::ReadTime& when) {
  batch_.emplace(intake::BatchIntake::Holds::kRecords, intake::Encoding::kZstd, intake::Parts::kOne,
                 decoder_.keep_payload(payload), connection_.limits());
  if (may_go_on_with_batch()) go_on_with_batch(when);
}

void StreamProtocol::go_on_with_batch(const commit::ReadTime& when) {
  if (batch_->is_untouched() &&
      connection_.must_wait_before_making(batch_->estimated_line_bytes(spool::envelope_bytes_max(writer_.origin()))))
    return connection_.batch_done();  // others may go on meanwhile
  if (!batch_->is_ready()) {
    const auto step = batch_->step(connection_.budget());
    if (step == intake::BatchIntake::Step::kMore) return;
    if (step != intake::BatchIntake::Step::kReady)
      return end_with_error({.code = ErrorWord::kBadBatch, .detail = batch_->detail(), .seq = writer_.taken() + 1});
    if (!has_numbers_for_batch(batch_->content())) return;
  }
  while (!is_enough_for_one_turn()) {
    const auto record = batch_->next(connection_.budget());
    if (record)
      take_record(*record, when);
    else if (batch_->is_at_end())
      return drop_batch();
  }
  if (batch_->is_at_end()) drop_batch();
}

void StreamProtocol::drop_batch() {
  batch_.reset();
  connection_.batch_done();
}

void StreamProtocol::take_ping(std::string_view payload) {
  if (!payload.empty() && connection_.io().checker().check(payload))
    return end_with_error({.code = ErrorWord::kBadFrame, .detail = "a ping holds nothing or one JSON value"});
  proto::append_pong(connection_.output(), payload);
}

void StreamProtocol::on_eof() { end_with_goodbye({.reason = GoodbyeReason::kBye, .detail = "the stream has ended"}); }

// ---- pauses ----

void StreamProtocol::on_spool_waits() {
  if (!writer_.all_synced() && !ending_ && !connection_.paused()) connection_.pause(connection::Pause::kSpoolWaits);
}

void StreamProtocol::on_resumed(std::int64_t paused_ms) {
  if (frame_begun_ms_ != 0) frame_begun_ms_ += paused_ms;
  paused_in_all_ms_ += paused_ms;
  if (!slow_told_) return;
  slow_told_ = false;
  proto::append_resume(connection_.output());
  connection_.send(true);
}

std::optional<connection::BegunInput> StreamProtocol::begun_input() const {
  if (ending_ || !decoder_.mid_frame()) return std::nullopt;
  return connection::BegunInput{decoder_.held_bytes(), decoder_.received_bytes(), frame_begun_ms_};
}

void StreamProtocol::on_shed() {
  end_with_error({.code = ErrorWord::kFrameTimeout,
                  .detail = "the server's memory is used up and this frame came slowest",
                  .seq = begun_seq()});
}

}  // namespace crawlspool::stream
