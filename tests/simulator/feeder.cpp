#include "tests/simulator/feeder.h"

#include <algorithm>

namespace crawlspool::simulator {
// A write has at least one line.
void Feeder::make_batch() {
  const auto has_line = [&](const RecordName& name) { return !records_.is_rejected(name); };
  if (std::any_of(waiting_.begin(), waiting_.end(), has_line)) return;
  const std::uint64_t records = random_.one_in(8) ? random_.between(8, 30) : random_.between(1, 6);
  while (waiting_.size() < records || !has_line(waiting_.back()))
    waiting_.push_back(ledger_.send_next(random_.below(records_.sessions())));
}

void Feeder::render(std::int64_t wall_us) {
  lines_.clear();
  line_ends_.clear();
  for (const RecordName& name : waiting_) {
    if (!records_.is_rejected(name)) records_.append_line(lines_, name, wall_us);
    line_ends_.push_back(lines_.size());
  }
}

std::vector<spool::SessionMark> Feeder::marks() const {
  std::vector<spool::SessionMark> marks;
  for (const RecordName& name : waiting_) {
    const auto known = std::find_if(marks.begin(), marks.end(), [&](const spool::SessionMark& mark) {
      return mark.session == records_.key(name.session);
    });
    if (known == marks.end())
      marks.push_back({records_.key(name.session), records_.owner(name.session), name.seq});
    else
      known->last_seq = name.seq;
  }
  return marks;
}

void Feeder::take_appended(std::size_t bytes, spool::Position position) {
  std::size_t count = 0;
  while (count < waiting_.size() && line_ends_[count] <= bytes) ++count;
  for (std::size_t i = 0; i < count; ++i) {
    ledger_.put_at(waiting_[i], position + (i == 0 ? 0 : line_ends_[i - 1]));
    appended_.push_back(waiting_[i]);
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
}

Outcome Feeder::append(Subject& subject, std::int64_t wall_us) {
  make_batch();
  render(wall_us);
  const spool::Position position = subject.position();
  const std::size_t first_line = *std::find_if(line_ends_.begin(), line_ends_.end(), [](auto end) { return end > 0; });
  const auto appended = subject.append(lines_, first_line, marks());
  if (!appended) return appended.error().code == base::ErrorCode::kDiskFull ? Outcome::kDiskFull : Outcome::kFailed;
  take_appended(*appended, position);
  return Outcome::kDone;
}

Outcome Feeder::sync(Subject& subject) {
  const auto synced = subject.sync(if_full_);
  if (synced) {
    for (const RecordName& name : appended_) ledger_.ack(name);
    for (const RecordName& name : appended_)
      ledger_.check_acked(name.session, subject.last_seq(records_.key(name.session)));
    appended_.clear();
    acked_end_ = subject.position();
    return Outcome::kDone;
  }
  if (synced.error().code != base::ErrorCode::kDiskFull) return Outcome::kFailed;
  waiting_.insert(waiting_.begin(), appended_.begin(), appended_.end());
  appended_.clear();
  return Outcome::kDiskFull;
}

void Feeder::forget() {
  waiting_.clear();
  appended_.clear();
}

}  // namespace crawlspool::simulator
