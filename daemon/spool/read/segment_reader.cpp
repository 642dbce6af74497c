#include "daemon/spool/read/segment_reader.h"

#include <algorithm>

#include "daemon/spool/lines/line.h"
#include "daemon/spool/read/segment_list.h"

namespace crawlspool::spool {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

constexpr int kOpenAttempts = 8;  // since a segment may be renamed or removed between the listing and the opening

LineKind judge(const ScannedLine& line, Position position, std::string_view& record) {
  const std::string_view bytes = line.bytes;
  if (line.is_piece) return LineKind::kDamaged;
  if (const auto sound = check_line(bytes)) {
    if (sound->synced.value_or(0) > position) return LineKind::kDamaged;  // claims what was not yet written
    record = sound->record;
    return LineKind::kSound;
  }
  return is_blank_line(bytes) ? LineKind::kBlank : LineKind::kDamaged;
}

}  // namespace

// Returns the index of the segment that holds position_, to begin with, and afterwards of the one behind the last;
// `segments.size()` if there is none.
std::size_t SegmentReader::choose(const std::vector<Segment>& segments) const {
  const Position bound = begin_.value_or(position_);
  const auto behind =
      std::upper_bound(segments.begin(), segments.end(), bound,
                       [](Position position, const Segment& segment) { return position < segment.name.position; });
  const auto index = static_cast<std::size_t>(behind - segments.begin());
  return !begin_ && index > 0 ? index - 1 : index;
}

bool SegmentReader::leaves_gap(Position begin) const {
  const bool is_expected = begin_ || position_ > 0;  // a spool may begin anywhere
  return begin > position_ && is_expected && !gap_is_reported_;
}

// Saves a listing: a directory of many segments takes longer to list than a segment to read. What an old listing says
// of a segment that has another one behind it holds for as long as its file is there.
bool SegmentReader::enter_listed_segment() {
  if (!begin_ || gap_is_reported_) return false;
  const std::size_t index = choose(listed_);
  if (index + 1 >= listed_.size() || listed_[index].name.position != position_) return false;
  auto source = open_segment_source(directory_, listed_[index], expected_bytes(listed_, index));
  if (!source) return false;
  is_active_ = false;
  enter(listed_[index], std::move(*source), false);
  return true;
}

Result<bool> SegmentReader::enter_next_segment() {
  if (enter_listed_segment()) return true;
  for (int attempt = 1;; ++attempt) {
    CRAWLSPOOL_TRY_AS(listed_, list_segments(directory_));
    const std::size_t index = choose(listed_);
    if (index == listed_.size()) return false;
    const Segment& segment = listed_[index];
    auto source = open_segment_source(directory_, segment, expected_bytes(listed_, index));
    if (!source && source.error().code == ErrorCode::kNotFound && attempt < kOpenAttempts) continue;
    if (!source) {
      skip(segment.file, source.error());
      begin_ = segment.name.position;
      continue;
    }
    is_active_ = segment.name.kind == SegmentKind::kOpen && index + 1 == listed_.size();
    enter(segment, std::move(*source), index == 0);
    return true;
  }
}

void SegmentReader::enter(const Segment& segment, std::unique_ptr<ByteSource> source, bool is_spools_first) {
  const Position begin = segment.name.position;
  const bool was_overtaken = begin_ && is_spools_first;  // by retention, which takes the oldest
  if (leaves_gap(begin) && was_overtaken)
    losses_.removed(position_, begin - position_);
  else if (leaves_gap(begin))
    losses_.missing(position_, begin - position_);
  if (begin_ && begin < position_) losses_.doubled(begin, position_ - begin);
  position_ = std::max(position_, begin);
  begin_ = begin;
  gap_is_reported_ = false;
  file_name_ = segment.file;
  source_ = std::move(source);
  skip_first_line_ = position_ > begin;
  restart_scanner();
}

void SegmentReader::skip(const std::string& file, const Error& why) {
  losses_.skipped(file, why);
  gap_is_reported_ = true;
}

// Starts one byte early where position_ may be within a line: the byte before it says so.
void SegmentReader::restart_scanner() {
  scanner_.emplace(*source_, position_ - *begin_ - (skip_first_line_ ? 1 : 0));
  unfinished_at_.reset();
}

Result<std::optional<ReadLine>> SegmentReader::next() {
  while (true) {
    if (!source_) {
      CRAWLSPOOL_TRY_AS(const auto entered, enter_next_segment());
      if (!entered) return std::nullopt;
    }
    const auto scanned = scanner_->next();
    if (!scanned) {
      skip(file_name_, scanned.error());
      source_.reset();
      continue;
    }
    const ScannedLine line = scanned->value_or(ScannedLine{position_ - *begin_, {}, false});
    std::optional<ReadLine> read;
    if (line.is_whole) {
      read = take(line);
    } else {
      const AtEnd at_end = look_at_end(line.offset + line.bytes.size());
      if (at_end == AtEnd::kWaiting) return take_unfinished(line);
      if (at_end == AtEnd::kFinished) read = leave_segment(line);
    }
    if (read) return read;
  }
}

std::optional<ReadLine> SegmentReader::take(const ScannedLine& line) {
  const Position position = *begin_ + line.offset;
  if (skip_first_line_) {
    skip_first_line_ = !line.bytes.ends_with('\n');  // it comes in pieces
    position_ = position + line.bytes.size();
    return std::nullopt;
  }
  ReadLine read{position, line.bytes, {}, LineKind::kSound};
  read.kind = judge(line, position, read.record);
  if (read.kind == LineKind::kDamaged && unfinished_at_ == position) {
    // What was read of it before may have been cut off, and other lines written there.
    restart_scanner();
    return std::nullopt;
  }
  position_ = position + line.bytes.size();
  return read;
}

// Hands out the tail, if there is one, as a line that is still being written.
std::optional<ReadLine> SegmentReader::take_unfinished(const ScannedLine& tail) {
  if (tail.bytes.empty() || skip_first_line_) return std::nullopt;
  unfinished_at_ = *begin_ + tail.offset;
  return ReadLine{*unfinished_at_, tail.bytes, {}, LineKind::kUnfinished};
}

// Goes on with the next segment. A tail without a line's end is damage.
std::optional<ReadLine> SegmentReader::leave_segment(const ScannedLine& tail) {
  source_.reset();  // the scanner stays, and with it the tail's bytes
  if (tail.bytes.empty() || skip_first_line_) return std::nullopt;
  const ReadLine read{*begin_ + tail.offset, tail.bytes, {}, LineKind::kDamaged};
  position_ = read.position + read.bytes.size();
  return read;
}

// `read_to`: the offset in the file up to which the scanner has read.
SegmentReader::AtEnd SegmentReader::look_at_end(std::uint64_t read_to) {
  if (!is_active_) return AtEnd::kFinished;
  const std::uint64_t size = source_->size().value_or(read_to);
  if (size < read_to) {
    if (*begin_ + size < position_) {
      losses_.taken_back(*begin_ + size, position_ - *begin_ - size);
      position_ = *begin_ + size;
      skip_first_line_ = false;
    }
    restart_scanner();
    return AtEnd::kLookAgain;
  }
  is_active_ = still_has_open_name();
  return is_active_ ? AtEnd::kWaiting : AtEnd::kLookAgain;  // it may have grown between the read and the renaming
}

bool SegmentReader::still_has_open_name() {
  return directory_.open(segment_file_name({*begin_, SegmentKind::kOpen}), OpenMode::kRead).has_value();
}

}  // namespace crawlspool::spool
