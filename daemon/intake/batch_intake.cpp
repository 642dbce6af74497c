#include "daemon/intake/batch_intake.h"

#include <algorithm>
#include <utility>

namespace crawlspool::intake {
namespace {

std::uint64_t bytes_max(BatchIntake::Holds holds, const config::Limits& limits) {
  return holds == BatchIntake::Holds::kRecords ? limits.batch_bytes_max : limits.record_bytes_max;
}

// Records are no smaller: this is the estimate for a batch of which only the size is known.
constexpr std::uint64_t kSmallRecordBytes = 8;
// So many records are counted between two looks at the budget.
constexpr std::uint64_t kCountedAtOnce = 256;

}  // namespace

BatchIntake::BatchIntake(Holds holds, std::string content, const config::Limits& limits)
    : holds_(holds),
      wire_bytes_(content.size()),
      content_(std::move(content)),
      records_max_(limits.batch_records_max) {}

BatchIntake::BatchIntake(Holds holds, Encoding encoding, Parts parts, std::string encoded, const config::Limits& limits)
    : holds_(holds),
      wire_bytes_(encoded.size()),
      decoder_(std::in_place, encoding, parts, std::move(encoded), bytes_max(holds, limits)),
      records_max_(limits.batch_records_max) {}

BatchIntake BatchIntake::rest_of(std::string content, std::size_t taken, const config::Limits& limits) {
  BatchIntake rest(Holds::kRecords, std::move(content), limits);
  rest.taken_ = taken;
  rest.is_ready_ = true;
  return rest;
}

std::uint64_t BatchIntake::estimated_line_bytes(std::size_t envelope_bytes) const {
  const std::uint64_t content_bytes = decoder_->claimed_bytes();
  const std::uint64_t records =
      holds_ == Holds::kOneRecord ? 1 : std::min(content_bytes / kSmallRecordBytes + 1, records_max_);
  return content_bytes + records * envelope_bytes;
}

BatchIntake::Step BatchIntake::step(TurnBudget& budget) {
  if (!decoder_) return prove(budget);
  switch (decoder_->step(budget)) {
    case ContentDecoder::Step::kMore:
      return Step::kMore;
    case ContentDecoder::Step::kDone:
      content_ = decoder_->take_plain();
      decoder_.reset();
      return prove(budget);
    case ContentDecoder::Step::kTooLarge:
      detail_ = decoder_->detail();
      return Step::kTooLarge;
    case ContentDecoder::Step::kBroken:
      break;
  }
  detail_ = decoder_->detail();
  return Step::kBroken;
}

BatchIntake::Step BatchIntake::prove(TurnBudget& budget) {
  const bool counts = holds_ == Holds::kRecords && may_hold_more_records(content_.size(), records_max_);
  while (counts && counted_bytes_ < content_.size()) {
    if (budget.is_spent()) return Step::kMore;
    proto::BatchReader reader(std::string_view(content_).substr(counted_bytes_));
    std::uint64_t records = 0;
    while (records < kCountedAtOnce && reader.next()) ++records;
    const std::size_t before = std::exchange(counted_bytes_, content_.size() - reader.rest_bytes());
    budget.count_scanned(counted_bytes_ - before, records);
    counted_records_ += records;
    if (counted_records_ <= records_max_) continue;
    detail_ = "it has more than " + std::to_string(records_max_) + " records";
    return Step::kTooLarge;
  }
  is_ready_ = true;
  return Step::kReady;
}

std::optional<std::string_view> BatchIntake::next(TurnBudget& budget) {
  proto::BatchReader reader(std::string_view(content_).substr(taken_));
  const auto record = reader.next();
  const std::size_t before = std::exchange(taken_, content_.size() - reader.rest_bytes());
  if (!record) budget.count_scanned(taken_ - before);
  return record;
}

std::size_t BatchIntake::held_bytes() const { return content_.capacity() + (decoder_ ? decoder_->held_bytes() : 0); }

}  // namespace crawlspool::intake
