#include "daemon/ingest/batch_intake.h"

#include <utility>

namespace crawlspool::ingest {
namespace {

std::uint64_t bytes_max(BatchIntake::Holds holds, const config::Limits& limits) {
  return holds == BatchIntake::Holds::kRecords ? limits.batch_bytes_max : limits.record_bytes_max;
}

}  // namespace

std::optional<std::string> too_many_records(std::string_view batch, std::uint64_t records_max) {
  const std::uint64_t at_most = (batch.size() + 1) / 2;  // a byte each, and a line end between them
  if (at_most <= records_max || proto::count_records(batch, records_max + 1) <= records_max) return std::nullopt;
  return "it has more than " + std::to_string(records_max) + " records";
}

BatchIntake::BatchIntake(Holds holds, std::string content, const config::Limits& limits)
    : holds_(holds), content_(std::move(content)), records_max_(limits.batch_records_max) {}

BatchIntake::BatchIntake(Holds holds, Encoding encoding, Parts parts, std::string encoded, const config::Limits& limits)
    : holds_(holds),
      decoder_(std::in_place, encoding, parts, std::move(encoded), bytes_max(holds, limits)),
      records_max_(limits.batch_records_max) {}

BatchIntake BatchIntake::rest_of(std::string content, std::size_t taken, const config::Limits& limits) {
  BatchIntake rest(Holds::kRecords, std::move(content), limits);
  rest.taken_ = taken;
  rest.is_ready_ = true;
  return rest;
}

BatchIntake::Step BatchIntake::step() {
  if (!decoder_) return prove();
  switch (decoder_->step(kTurnBytesMax)) {
    case ContentDecoder::Step::kMore:
      return Step::kMore;
    case ContentDecoder::Step::kDone:
      content_ = decoder_->take_plain();
      decoder_.reset();
      return prove();
    case ContentDecoder::Step::kTooLarge:
      detail_ = decoder_->detail();
      return Step::kTooLarge;
    case ContentDecoder::Step::kBroken:
      break;
  }
  detail_ = decoder_->detail();
  return Step::kBroken;
}

BatchIntake::Step BatchIntake::prove() {
  if (holds_ == Holds::kRecords) {
    if (auto detail = too_many_records(content_, records_max_)) {
      detail_ = std::move(*detail);
      return Step::kTooLarge;
    }
  }
  is_ready_ = true;
  return Step::kReady;
}

std::optional<std::string_view> BatchIntake::next() {
  proto::BatchReader reader(std::string_view(content_).substr(taken_));
  const auto record = reader.next();
  taken_ = content_.size() - reader.rest_bytes();
  return record;
}

std::size_t BatchIntake::held_bytes() const { return content_.capacity() + (decoder_ ? decoder_->held_bytes() : 0); }

}  // namespace crawlspool::ingest
