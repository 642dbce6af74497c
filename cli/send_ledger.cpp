#include "cli/send_ledger.h"

#include "proto/frame.h"

namespace crawlspool::cli {
namespace {

constexpr std::size_t kCompactFrom = 1024 * 1024;

}  // namespace

bool SendLedger::has_room(std::size_t record_bytes) const {
  if (pending_.empty()) return true;
  return pending_.size() < window_.records_max &&
         in_flight_bytes() + proto::kFrameHeaderBytes + record_bytes <= window_.bytes_max;
}

void SendLedger::add(const Place& place, std::string_view record) {
  proto::append_frame(frames_, proto::FrameType::kRecord, record);
  pending_.push_back({place, static_cast<std::uint32_t>(proto::kFrameHeaderBytes + record.size()), false});
}

bool SendLedger::ack(std::uint64_t seq) {
  while (first_seq_ <= seq) {
    if (pending_.empty() || begin_ + pending_.front().frame_bytes > written_) return false;
    if (pending_.front().is_rejected)
      --pending_rejected_;
    else
      ++acked_;
    drop_front();
  }
  // What is settled goes once it is the greater part, so that each byte is moved a constant number of times.
  if (begin_ >= kCompactFrom && begin_ >= frames_.size() / 2) {
    frames_.erase(0, begin_);
    written_ -= begin_;
    begin_ = 0;
  }
  return true;
}

void SendLedger::drop_front() {
  begin_ += pending_.front().frame_bytes;
  pending_.pop_front();
  ++first_seq_;
}

std::optional<Place> SendLedger::reject(std::uint64_t seq) {
  if (seq < first_seq_ || seq - first_seq_ >= pending_.size()) return std::nullopt;
  Pending& record = pending_[seq - first_seq_];
  if (record.is_rejected) return std::nullopt;
  record.is_rejected = true;
  ++pending_rejected_;
  ++rejected_;
  return record.place;
}

void SendLedger::reject_unsent() { ++rejected_; }

void SendLedger::restart() {
  std::string kept;
  std::size_t at = begin_;
  for (const Pending& record : pending_) {
    if (!record.is_rejected) kept.append(frames_, at, record.frame_bytes);
    at += record.frame_bytes;
  }
  std::erase_if(pending_, [](const Pending& record) { return record.is_rejected; });
  frames_ = std::move(kept);
  begin_ = 0;
  written_ = 0;
  first_seq_ = 1;
  pending_rejected_ = 0;
}

}  // namespace crawlspool::cli
