#include "daemon/inputs/stream/stream_protocol.h"

#include <utility>

#include "daemon/base/check.h"
#include "daemon/connection/io_loop.h"
#include "proto/batch.h"
#include "proto/first_bytes.h"
#include "proto/names.h"

namespace crawlspool::stream {
namespace {

using connection::Connection;
using connection::Pause;
using proto::ErrorWord;
using proto::FrameType;
using proto::GoodbyeReason;

constexpr std::size_t kSmallHelloBytesMax = 2048;  // names and a session: read with the memory used up, too

}  // namespace

StreamProtocol::StreamProtocol(Connection& connection, const config::ListenerSettings& settings)
    : DialogProtocol(connection, proto::Framing::kFrames),
      decoder_({connection.limits().record_bytes_max, connection.limits().batch_bytes_max}) {
  if (!settings.answers) dialog().silence(dialog::Dialog::Silence::kWhole);
  dialog().decode_from(settings.decoding);
  dialog().identify(settings.client, settings.stream);
}

StreamProtocol::~StreamProtocol() { drop_batch(); }

// ---- reading ----

connection::ReadPlan StreamProtocol::plan_input() {
  // A batch that has begun to become lines holds its memory: it goes on.
  if (!(batch_ && batch_->is_ready()) && connection().credit().must_wait(connection().io().now_ms()))
    return {0, Pause::kAmplification};
  const auto plan = connection().reader().plan_records(decoder_.mid_frame() ? decoder_.bytes_needed() : 0);
  if (plan.bytes == 0 && plan.why != Pause::kOutput && may_be_hello()) return {decoder_.bytes_needed()};
  return plan;
}

// A hello of usual size is always read, so that a client learns where it stands.
bool StreamProtocol::may_be_hello() const {
  return decoder_.at_first_frame() && !decoder_.begun_records() && decoder_.claimed_bytes() <= kSmallHelloBytesMax &&
         !connection().reader().has_rest();
}

std::size_t StreamProtocol::on_input(std::string_view bytes) {
  if (!bytes.empty()) dialog().on_input();
  std::string_view rest = bytes;
  take_frames(rest);
  if (dialog().is_ending()) return bytes.size();
  input_taken(rest.empty() && !batch_);
  return bytes.size() - rest.size();
}

// The next frame may be looked at in this turn.
bool StreamProtocol::takes_frames() const {
  return !dialog().is_ending() && !batch_ && !dialog().writer().awaits_session();
}

bool StreamProtocol::is_enough_for_one_turn() const {
  return connection().budget().is_spent() || connection().link().unsent_bytes() > connection::Reader::kUnsentBytesMax;
}

void StreamProtocol::take_frames(std::string_view& input) {
  const commit::ReadTime when = connection().io().read_time();
  proto::Frame frame{};
  bool took_frames = false;
  if (batch_) go_on_with_batch(when);
  while (takes_frames() && !(is_enough_for_one_turn() && !input.empty())) {
    const auto step = decoder_.next(input, frame);
    if (step == proto::FrameDecoder::Step::kNeedMore) break;
    if (step == proto::FrameDecoder::Step::kRefused) {
      const proto::Refusal& refusal = decoder_.refusal();
      const auto seq = refusal.has_records ? std::optional(dialog().writer().taken() + 1) : std::nullopt;
      return dialog().end_with_error({.code = refusal.code, .detail = std::string(refusal.detail), .seq = seq});
    }
    took_frames = true;
    if (!any_frame_taken_ && frame.type != FrameType::kHello && !dialog().admit_silent()) return;
    take_frame(frame, when);
    any_frame_taken_ = true;
    decoder_.frame_taken();
  }
  if (dialog().is_ending()) return;
  note_begun_frame(took_frames);
  if (connection().link().unsent_bytes() > 0) connection().send(true);
}

void StreamProtocol::note_begun_frame(bool took_frames) {
  const bool mid_frame = decoder_.mid_frame();
  any_frame_begun_ = any_frame_begun_ || took_frames || mid_frame;
  if (!mid_frame)
    frame_begun_ms_ = 0;
  else if (took_frames || frame_begun_ms_ == 0)
    frame_begun_ms_ = connection().io().now_ms();
}

void StreamProtocol::on_eof() {
  dialog().end_with_goodbye({.reason = GoodbyeReason::kBye, .detail = "the stream has ended"});
}

void StreamProtocol::on_resumed(std::int64_t paused_ms) {
  if (frame_begun_ms_ != 0) frame_begun_ms_ += paused_ms;
  paused_in_all_ms_ += paused_ms;
  say_resumed();
}

// ---- frames ----

void StreamProtocol::take_frame(const proto::Frame& frame, const commit::ReadTime& when) {
  switch (frame.type) {
    case FrameType::kRecord:
      return take_record(frame.payload, when);
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
      return dialog().end_with_goodbye({.reason = GoodbyeReason::kBye, .detail = "all is settled"});
    case FrameType::kFirstReserved:
      break;
  }
  CRAWLSPOOL_CHECK(false);  // the decoder lets no other type through
}

void StreamProtocol::take_record(std::string_view record, const commit::ReadTime& when) {
  if (const auto looks_like = any_frame_taken_ ? std::nullopt : proto::recognise_payload(record))
    return dialog().end_with_error({.code = ErrorWord::kWrongProtocol, .detail = *looks_like});
  if (dialog().has_numbers_for(1)) dialog().take_record(record, when);
}

void StreamProtocol::take_hello(std::string_view payload) {
  const auto refuse = [this](std::string_view why) {
    dialog().end_with_error({.code = ErrorWord::kBadHello, .detail = why});
  };
  if (any_frame_taken_) return refuse("a hello is the first frame or none");
  if (const auto reason = connection().io().checker().check(payload))
    return refuse(std::string("a hello is a JSON object: ").append(reason->detail.view()));
  auto hello = proto::parse_hello(payload);
  if (!hello) return refuse(hello.error());
  dialog().take_hello(std::move(*hello));
}

void StreamProtocol::take_ping(std::string_view payload) {
  if (!payload.empty() && connection().io().checker().check(payload))
    return dialog().end_with_error({.code = ErrorWord::kBadFrame, .detail = "a ping holds nothing or one JSON value"});
  dialog().say_pong(payload);
}

// ---- batches ----

// Its records are counted only where they may be too many.
bool StreamProtocol::has_numbers_for_batch(std::string_view batch) {
  const std::uint64_t records_max = connection().limits().batch_records_max;
  return dialog().writer().taken() + records_max <= proto::kSeqMax ||
         dialog().has_numbers_for(proto::count_records(batch, records_max));
}

// A batch is cut into lines before they are decoded. False: that cannot be, and the dialog ends.
bool StreamProtocol::may_have_batches() {
  const proto::Charset charset = dialog().writer().decoding().charset;
  if (has_lines(charset)) return true;
  dialog().end_with_error({.code = ErrorWord::kBadBatch,
                           .detail = "a batch is lines, and in " + std::string(word(charset)) +
                                     " no byte ends a line; send each record in a frame of its own",
                           .seq = dialog().writer().taken() + 1});
  return false;
}

// Most are taken in at once, where they lie.
void StreamProtocol::take_batch(std::string_view payload, const commit::ReadTime& when) {
  if (!may_have_batches()) return;
  const bool must_wait = !connection().memory().share().may_take_in(payload.size());
  if (must_wait || intake::may_hold_more_records(payload.size(), connection().limits().batch_records_max)) {
    batch_.emplace(intake::BatchIntake::Holds::kRecords, decoder_.keep_payload(payload), connection().limits());
    return must_wait ? void() : go_on_with_batch(when);
  }
  if (!has_numbers_for_batch(payload)) return;
  proto::BatchReader reader(payload);
  while (!is_enough_for_one_turn()) {
    const std::size_t before = reader.rest_bytes();
    const auto record = reader.next();
    if (record)
      dialog().take_record(*record, when);
    else if (before > 0)
      connection().budget().count_scanned(before - reader.rest_bytes());
    else
      return;
  }
  if (reader.rest_bytes() == 0) return;
  const std::size_t taken = payload.size() - reader.rest_bytes();
  batch_ = intake::BatchIntake::rest_of(decoder_.keep_payload(payload), taken, connection().limits());
}

void StreamProtocol::take_zstd_batch(std::string_view payload, const commit::ReadTime& when) {
  if (!may_have_batches()) return;
  batch_.emplace(intake::BatchIntake::Holds::kRecords, intake::Encoding::kZstd, intake::Parts::kOne,
                 decoder_.keep_payload(payload), connection().limits());
  if (may_go_on_with_batch()) go_on_with_batch(when);
}

void StreamProtocol::go_on_with_batch(const commit::ReadTime& when) {
  if (connection().credit().must_wait_before_making(*batch_, dialog().writer().origin(), connection().io().now_ms()))
    return connection().memory().batch_done();  // others may go on meanwhile
  if (!batch_->is_ready()) {
    const auto step = batch_->step(connection().budget());
    if (step == intake::BatchIntake::Step::kMore) return;
    if (step != intake::BatchIntake::Step::kReady)
      return dialog().end_with_error(
          {.code = ErrorWord::kBadBatch, .detail = batch_->detail(), .seq = dialog().writer().taken() + 1});
    if (!has_numbers_for_batch(batch_->content())) return;
  }
  while (!is_enough_for_one_turn()) {
    const auto record = batch_->next(connection().budget());
    if (record)
      dialog().take_record(*record, when);
    else if (batch_->is_at_end())
      return drop_batch();
  }
  if (batch_->is_at_end()) drop_batch();
}

void StreamProtocol::drop_batch() {
  batch_.reset();
  connection().memory().batch_done();
}

// ---- what it holds ----

std::size_t StreamProtocol::held_wire_bytes() const {
  return decoder_.received_bytes() + (batch_ ? batch_->wire_bytes() : 0);
}

std::size_t StreamProtocol::held_bytes() const { return decoder_.held_bytes() + (batch_ ? batch_->held_bytes() : 0); }

std::optional<connection::BegunInput> StreamProtocol::begun_input() const {
  if (dialog().is_ending() || !decoder_.mid_frame()) return std::nullopt;
  return connection::BegunInput{decoder_.held_bytes(), decoder_.received_bytes(), frame_begun_ms_};
}

void StreamProtocol::on_shed() {
  dialog().end_with_error({.code = ErrorWord::kFrameTimeout,
                           .detail = "the server's memory is used up and this frame came slowest",
                           .seq = begun_seq()});
}

void StreamProtocol::drop_input() {
  drop_batch();
  decoder_.abandon();
}

bool StreamProtocol::drop_unbegun_input() {
  if (batch_ && !batch_->is_begun()) drop_batch();
  return batch_.has_value();
}

std::optional<std::uint64_t> StreamProtocol::begun_seq() const {
  return decoder_.begun_records() ? std::optional(dialog().writer().taken() + 1) : std::nullopt;
}

// ---- deadlines ----

// None is for one who is not answered, and so could not learn of it, unless others of its machine may wait for the
// memory that its frame holds.
std::int64_t StreamProtocol::input_deadline_ms() const {
  if (dialog().is_silent() && !connection().memory().share().has_place()) return kNever;
  if (!any_frame_begun_)
    return connection().reader().pace_deadline_ms(connection().link().times().opened_ms + paused_in_all_ms_, 0);
  return decoder_.mid_frame() ? connection().reader().pace_deadline_ms(frame_begun_ms_, decoder_.claimed_bytes())
                              : kNever;
}

void StreamProtocol::on_input_deadline() {
  if (!decoder_.mid_frame())
    return dialog().end_with_error({.code = ErrorWord::kFrameTimeout, .detail = "no frame has begun in time"});
  dialog().end_with_error({.code = ErrorWord::kFrameTimeout,
                           .detail = std::to_string(decoder_.received_bytes()) + " bytes of a frame of " +
                                     std::to_string(decoder_.claimed_bytes()) + " had come in time",
                           .seq = begun_seq()});
}

}  // namespace crawlspool::stream
