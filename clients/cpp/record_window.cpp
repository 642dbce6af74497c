#include "clients/cpp/record_window.h"

#include "daemon/base/check.h"

namespace crawlspool::client {
namespace {

constexpr std::size_t kCompactFrom = 1024 * 1024;
constexpr std::size_t kLineEndBytes = 1;

}  // namespace

bool RecordWindow::has_room(std::size_t record_bytes) const {
  if (entries_.empty()) return true;
  return entries_.size() < bounds_.records_max && bytes() + record_bytes + kLineEndBytes <= bounds_.bytes_max;
}

void RecordWindow::add(const Place& place, std::string_view record) {
  const std::uint64_t begin = dropped_ + text_.size();
  text_ += record;
  text_ += '\n';
  entries_.push_back({place, static_cast<std::uint32_t>(record.size() + kLineEndBytes), false, false, begin});
}

void RecordWindow::add_unheld(const Place& place) { entries_.push_back({place, 0, false, false, 0}); }

std::string_view RecordWindow::text_of(const Entry& entry) const {
  if (entry.bytes == 0) return {};
  return std::string_view(text_).substr(entry.begin - dropped_, entry.record_bytes());
}

RecordWindow::Entry* RecordWindow::find(std::uint64_t seq) {
  if (seq < first_seq_ || seq - first_seq_ >= entries_.size()) return nullptr;
  return &entries_[seq - first_seq_];
}

void RecordWindow::pop_front() {
  CRAWLSPOOL_CHECK(!entries_.empty());
  if (sent_ == 0)
    sent_end_ += entries_.front().bytes;
  else
    --sent_;
  begin_ += entries_.front().bytes;
  entries_.pop_front();
  ++first_seq_;
  reuse_acknowledged_memory();
}

// Drops what is acknowledged once it is the greater part, so that each byte is moved a constant number of times.
void RecordWindow::reuse_acknowledged_memory() {
  if (begin_ < kCompactFrom || begin_ < text_.size() / 2) return;
  text_.erase(0, begin_);
  dropped_ += begin_;
  sent_end_ -= begin_;
  begin_ = 0;
}

RecordWindow::Run RecordWindow::next_run(const RunLimits& limits) const {
  CRAWLSPOOL_CHECK(has_unsent() && !entries_[sent_].is_given_up);
  Run run{first_unsent(), 1, {}};
  std::size_t bytes = entries_[sent_].bytes;
  for (std::size_t i = sent_ + 1; i < entries_.size() && run.records < limits.records_max; ++i) {
    const Entry& entry = entries_[i];
    if (entry.is_given_up || entry.record_bytes() > limits.record_bytes_max) break;
    if (bytes + entry.bytes > limits.bytes_max) break;
    bytes += entry.bytes;
    ++run.records;
  }
  run.text = std::string_view(text_).substr(sent_end_, bytes);
  return run;
}

void RecordWindow::sent_through(std::uint64_t seq) {
  for (; first_unsent() <= seq && has_unsent(); ++sent_) sent_end_ += entries_[sent_].bytes;
}

void RecordWindow::rewind() {
  sent_ = 0;
  sent_end_ = begin_;
}

}  // namespace crawlspool::client
