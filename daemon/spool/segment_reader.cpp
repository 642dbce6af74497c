#include "daemon/spool/segment_reader.h"

#include <algorithm>

#include "daemon/spool/line.h"

namespace crawlspool::spool {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

constexpr std::size_t kBackwardReadBytes = 256 * 1024;
constexpr int kOpenAttempts = 8;  // a segment may be renamed, or removed, between the listing and the opening

LineKind judge(std::string_view bytes, Position position, std::string_view& record) {
  if (const auto sound = check_line(bytes)) {
    if (sound->synced.value_or(0) > position) return LineKind::kDamaged;  // claims what was not yet written
    record = sound->record;
    return LineKind::kSound;
  }
  return is_blank_line(bytes) ? LineKind::kBlank : LineKind::kDamaged;
}

std::uint64_t size_or_zero(Directory& directory, const std::string& name) {
  auto file = directory.open(name, OpenMode::kRead);
  return file ? (*file)->size().value_or(0) : 0;
}

// Counts line ends from the file's end backwards, down from `wanted`. The offset behind the one that makes it 0, if it
// is in this file.
Result<std::optional<std::uint64_t>> find_backwards(File& file, std::uint64_t& wanted) {
  const auto size = file.size();
  if (!size) return tl::unexpected(size.error());
  std::string block;
  for (std::uint64_t end = *size; end > 0;) {
    block.resize(std::min<std::uint64_t>(kBackwardReadBytes, end));
    const std::uint64_t begin = end - block.size();
    if (const auto n = file.read_at(begin, block); !n) return tl::unexpected(n.error());
    for (std::size_t at = block.rfind('\n'); at != std::string::npos; at = block.rfind('\n', at - 1)) {
      if (--wanted == 0) return begin + at + 1;
      if (at == 0) break;
    }
    end = begin;
  }
  return std::nullopt;
}

}  // namespace

Result<Extent> spool_extent(Directory& directory) {
  const auto segments = list_segments(directory);
  if (!segments) return tl::unexpected(segments.error());
  if (segments->empty()) return Extent{};
  const Segment& last = segments->back();
  return Extent{segments->front().name.position, last.name.position + size_or_zero(directory, last.file),
                segments->size()};
}

Result<Position> position_of_last_lines(Directory& directory, std::uint64_t lines) {
  auto segments = list_segments(directory);
  if (!segments) return tl::unexpected(segments.error());
  std::reverse(segments->begin(), segments->end());
  std::uint64_t wanted = lines + 1;  // the line end before the first of them
  for (const Segment& segment : *segments) {
    auto file = directory.open(segment.file, OpenMode::kRead);
    if (!file) continue;
    const auto offset = find_backwards(**file, wanted);
    if (!offset) return tl::unexpected(offset.error());
    if (*offset) return segment.name.position + **offset;
  }
  return segments->empty() ? 0 : segments->back().name.position;
}

// The segment that holds position_, to begin with; afterwards the one behind the last.
const Segment* SegmentReader::choose(const std::vector<Segment>& segments) const {
  const Position bound = begin_.value_or(position_);
  const auto behind = std::find_if(segments.begin(), segments.end(),
                                   [bound](const Segment& segment) { return segment.name.position > bound; });
  if (!begin_ && behind != segments.begin()) return &*std::prev(behind);
  return behind != segments.end() ? &*behind : nullptr;
}

bool SegmentReader::leaves_gap(Position begin) const {
  const bool is_expected = begin_ || position_ > 0;  // a spool may begin anywhere
  return begin > position_ && is_expected && !gap_is_told_;
}

Result<bool> SegmentReader::enter_next_segment() {
  for (int attempt = 1;; ++attempt) {
    const auto segments = list_segments(directory_);
    if (!segments) return tl::unexpected(segments.error());
    const Segment* const segment = choose(*segments);
    if (segment == nullptr) return false;
    // A listing made while a segment is renamed may lack it.
    if (leaves_gap(segment->name.position) && attempt == 1) continue;
    auto file = directory_.open(segment->file, OpenMode::kRead);
    if (!file && file.error().code == ErrorCode::kNotFound && attempt < kOpenAttempts) continue;
    if (!file) {
      leave_out(segment->file, file.error());
      begin_ = segment->name.position;
      continue;
    }
    growing_ = segment->name.kind == SegmentKind::kOpen && segment == &segments->back();
    enter(*segment, std::move(*file));
    return true;
  }
}

void SegmentReader::enter(const Segment& segment, std::unique_ptr<File> file) {
  const Position begin = segment.name.position;
  if (leaves_gap(begin)) losses_.missing(position_, begin - position_);
  if (begin_ && begin < position_) losses_.doubled(begin, position_ - begin);
  position_ = std::max(position_, begin);
  begin_ = begin;
  gap_is_told_ = false;
  file_name_ = segment.file;
  file_ = std::move(file);
  skip_first_line_ = position_ > begin;
  restart_scanner();
}

void SegmentReader::leave_out(const std::string& file, const Error& why) {
  losses_.left_out(file, why);
  gap_is_told_ = true;
}

// Whether position_ is a line's start shows in the byte before it.
void SegmentReader::restart_scanner() {
  scanner_.emplace(*file_, position_ - *begin_ - (skip_first_line_ ? 1 : 0));
  unfinished_at_.reset();
}

Result<std::optional<ReadLine>> SegmentReader::next() {
  while (true) {
    if (!file_) {
      const auto entered = enter_next_segment();
      if (!entered) return tl::unexpected(entered.error());
      if (!*entered) return std::nullopt;
    }
    const auto scanned = scanner_->next();
    if (!scanned) {
      leave_out(file_name_, scanned.error());
      file_.reset();
      continue;
    }
    const ScannedLine line = scanned->value_or(ScannedLine{position_ - *begin_, {}, false});
    if (line.is_whole) {
      if (auto read = take(line)) return read;
      continue;
    }
    const AtEnd at_end = look_at_end(line.offset + line.bytes.size());
    if (at_end == AtEnd::kLookAgain) continue;
    const bool has_tail = !line.bytes.empty() && !skip_first_line_;
    const ReadLine tail{
        *begin_ + line.offset, line.bytes, {}, at_end == AtEnd::kWaiting ? LineKind::kUnfinished : LineKind::kDamaged};
    if (at_end == AtEnd::kWaiting) {
      if (!has_tail) return std::nullopt;
      unfinished_at_ = tail.position;
      return tail;
    }
    file_.reset();  // the scanner stays, and with it the tail's bytes
    if (!has_tail) continue;
    position_ = tail.position + tail.bytes.size();
    return tail;
  }
}

std::optional<ReadLine> SegmentReader::take(const ScannedLine& line) {
  const Position position = *begin_ + line.offset;
  if (skip_first_line_) {
    skip_first_line_ = false;
    position_ = position + line.bytes.size();
    return std::nullopt;
  }
  ReadLine read{position, line.bytes, {}, LineKind::kSound};
  read.kind = judge(line.bytes, position, read.record);
  if (read.kind == LineKind::kDamaged && unfinished_at_ == position) {
    // What was seen of it before may have been cut off and written anew.
    restart_scanner();
    return std::nullopt;
  }
  position_ = position + line.bytes.size();
  return read;
}

// `read_to`: the offset in the file up to which the scanner has read.
SegmentReader::AtEnd SegmentReader::look_at_end(std::uint64_t read_to) {
  if (!growing_) return AtEnd::kFinished;
  const std::uint64_t size = file_->size().value_or(read_to);
  if (size < read_to) {
    if (*begin_ + size < position_) {
      losses_.taken_back(*begin_ + size, position_ - *begin_ - size);
      position_ = *begin_ + size;
      skip_first_line_ = false;
    }
    restart_scanner();
    return AtEnd::kLookAgain;
  }
  growing_ = still_has_open_name();
  return growing_ ? AtEnd::kWaiting : AtEnd::kLookAgain;  // it may have grown between the read and the renaming
}

bool SegmentReader::still_has_open_name() {
  return directory_.open(segment_file_name({*begin_, SegmentKind::kOpen}), OpenMode::kRead).has_value();
}

}  // namespace crawlspool::spool
