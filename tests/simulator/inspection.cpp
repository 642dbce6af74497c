#include "tests/simulator/inspection.h"

#include <algorithm>

#include "daemon/spool/storage/layout.h"
#include "tests/simulator/violation.h"

namespace crawlspool::simulator {
namespace {

using spool::Position;

std::string words(const Range& range) {
  return std::to_string(range.bytes) + " bytes at " + std::to_string(range.position);
}

std::vector<std::uint64_t> last_seqs(const Subject& subject, const Records& records) {
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 0; i < records.sessions(); ++i) {
    numbers.push_back(subject.last_seq(records.key(i)));
    if (numbers.back() == 0) continue;
    const spool::SessionOwner owner = subject.owner(records.key(i));
    if (owner.client != records.owner(i).client || owner.user != records.owner(i).user)
      throw Violation("session " + std::to_string(i) + " is said to be of client " + owner.client + " and user " +
                      owner.user);
  }
  return numbers;
}

}  // namespace

ActiveSegment Inspection::active_segment() const {
  ActiveSegment last;
  for (const std::string& file : disk_.names()) {
    const auto name = spool::parse_segment_file_name(file);
    if (name && name->kind == spool::SegmentKind::kOpen)
      last = {name->position, disk_.content_without_cache(file).value_or("")};
  }
  return last;
}

bool Inspection::has_active_segment() const {
  const auto names = disk_.names();
  return std::any_of(names.begin(), names.end(), [](const std::string& file) {
    const auto name = spool::parse_segment_file_name(file);
    return name && name->kind == spool::SegmentKind::kOpen;
  });
}

void Inspection::harmed(Harm harm) {
  harm_ = std::move(harm);
  start_failed_since_harm_ = false;
}

void Inspection::inspect_start(const Subject& subject, const ActiveSegment& before, Position acked_end, bool calmly) {
  const SubjectReport& report = subject.report();
  Census census = take_census(disk_, records_);
  // Where the spool's end is missing, the next segment begins behind it; with a full disk, only with its first line.
  if (census.end < report.end && !has_active_segment()) {
    census.missing.push_back({census.end, report.end - census.end});
    census.end = report.end;
  }
  promise(!census.has_tail, "a tail is left behind the last line");
  if (census.end != report.end || subject.position() != report.end)
    throw Violation("the spool ends at " + std::to_string(census.end) + ", and recovery says " +
                    std::to_string(report.end));
  promise(census.begin == 0 || may_remove_, "the spool's beginning is gone");

  Ranges explained = known_losses_;
  if (harm_) explained.add(harm_->may_cost);
  if (harm_) explained.add({report.end - 1, 1});  // the end that a start gave to a line that was cut short
  check_recovered(census, report, explained);
  check_read(census, explained);
  if (calmly) check_reported(census, report, before);
  check_cut(report, before, acked_end);

  Excuses excuses = this->excuses(census);
  excuses.reported.add(report.damaged);
  excuses.reported.add(report.missing);
  if (report.cut) excuses.reported.add(*report.cut);
  if (harm_) {
    excuses.harm_may_cost = harm_->may_cost;
    excuses.in_cut = in_cut();
    excuses.report_may_be_lost = start_failed_since_harm_;
    excuses.unacked_may_be_lost = harm_->unacked_may_be_lost;
  }
  ledger_.check_start(census, last_seqs(subject, records_), excuses);
  known_losses_.add(excuses.reported);
  harm_.reset();
  count(report);
  count_segments();
}

// What recovery says is lost has been harmed, and a reader finds it damaged too.
void Inspection::check_recovered(const Census& census, const SubjectReport& report, const Ranges& explained) const {
  Ranges by_reader;
  by_reader.add(census.damaged);
  const bool durable_lies = harm_ && harm_->file == spool::kDurableName;
  for (const Range& range : report.damaged) {
    if (!explained.cover(range) && !durable_lies)
      throw Violation("recovery reports damage where none was done: " + words(range));
    if (!by_reader.cover(range)) throw Violation("recovery reports damage that a reader does not: " + words(range));
  }
  for (const Range& range : report.missing)
    if (!explained.cover(range) && !durable_lies)
      throw Violation("recovery misses what nothing has harmed: " + words(range));
}

// What a reader finds damaged or missing has been harmed.
void Inspection::check_read(const Census& census, const Ranges& explained) const {
  const bool durable_lies = harm_ && harm_->unacked_may_be_lost;
  for (const Range& range : census.damaged)
    if (!explained.cover(range) && !durable_lies)
      throw Violation("a reader finds damage where none was done: " + words(range));
  for (const Range& range : census.missing)
    if (!explained.cover(range)) throw Violation("a reader misses what nothing has harmed: " + words(range));
}

// Recovery has reported what a reader finds damaged, as far as it looked.
void Inspection::check_reported(const Census& census, const SubjectReport& report, const ActiveSegment& before) const {
  Ranges reported;
  reported.add(report.damaged);
  const Position kept_end = report.cut ? report.cut->position : before.end();
  if (kept_end + 1 == report.end) reported.add({kept_end, 1});
  for (const Range& range : census.damaged)
    if (range.position >= report.read_from && !reported.cover(range))
      throw Violation("recovery does not report damage that it has read: " + words(range));
}

// What is cut was not acked, but for harm, and is kept.
void Inspection::check_cut(const SubjectReport& report, const ActiveSegment& before, Position acked_end) const {
  if (!report.cut) return;
  const Range& cut = *report.cut;
  if (!harm_ && cut.position < acked_end)
    throw Violation("recovery cuts " + words(cut) + ", and acked was up to " + std::to_string(acked_end));
  promise(cut.end() == before.end(), "what is cut does not reach to the segment's end");
  if (!report.cut_was_kept) return;
  const auto copy = disk_.content(std::string(spool::kCutName) + "/" + spool::position_digits(cut.position));
  promise(copy == before.content.substr(cut.position - before.begin), "cut/ does not hold what was cut");
}

Excuses Inspection::excuses(const Census& census) const {
  Excuses excuses;
  excuses.reported.add(census.damaged);
  excuses.reported.add(census.missing);
  excuses.blank.add(census.blank);
  if (may_remove_) excuses.retired = census.begin;
  return excuses;
}

// A start that fails behind the cut leaves no other word of it.
Ranges Inspection::in_cut() const {
  Ranges all;
  const std::string folder(spool::kCutName);
  for (const std::string& file : disk_.names(folder))
    if (const auto position = spool::parse_position_digits(file))
      all.add({*position, disk_.content(folder + "/" + file).value_or("").size()});
  return all;
}

void Inspection::inspect_active() {
  const Census census = take_census(disk_, records_);
  for (const Range& range : census.damaged)
    if (!known_losses_.cover(range)) throw Violation("a reader finds new damage: " + words(range));
  ledger_.check_active(census, excuses(census));
  count_segments();
}

void Inspection::inspect_end() {
  const Census census = take_census(disk_, records_);
  ledger_.check_end(census, excuses(census));
}

void Inspection::count_segments() {
  for (const std::string& file : disk_.names())
    if (const auto name = spool::parse_segment_file_name(file)) segments_seen_.insert(name->position);
}

void Inspection::count(const SubjectReport& report) {
  statistics_.count("start: done");
  if (report.cut) statistics_.count("recovery: tails cut");
  if (report.cut && !report.cut_was_kept) statistics_.count("recovery: tails cut without a copy");
  if (!report.damaged.empty()) statistics_.count("recovery: damage reported");
  if (!report.missing.empty()) statistics_.count("recovery: missing bytes reported");
}

}  // namespace crawlspool::simulator
