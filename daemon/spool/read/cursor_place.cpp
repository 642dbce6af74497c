#include "daemon/spool/read/cursor_place.h"

#include <algorithm>
#include <optional>
#include <string>

#include "daemon/spool/lines/line.h"
#include "daemon/spool/read/position_search.h"
#include "daemon/spool/read/segment_list.h"
#include "daemon/spool/read/segment_reader.h"

namespace crawlspool::spool {
namespace {

using base::Error;
using base::Result;

// Holds what a reader meets first at a place.
struct Found {
  std::optional<ByteRange> gap;   // begins at the place
  std::optional<ByteRange> line;  // the first one behind it
  std::uint32_t crc = 0;
};

class FirstLoss final : public LossReporter {
 public:
  void missing(Position position, std::uint64_t bytes) override {
    if (!gap) gap = ByteRange{position, bytes};
  }
  void doubled(Position, std::uint64_t) override {}
  void taken_back(Position, std::uint64_t) override {}
  void skipped(const std::string&, const Error& why) override {
    if (!error) error = why;
  }

  std::optional<ByteRange> gap;
  std::optional<Error> error;
};

Result<Found> look_at(Directory& directory, Position position) {
  FirstLoss loss;
  SegmentReader reader(directory, loss, position);
  CRAWLSPOOL_TRY_AS(const auto line, reader.next());
  if (loss.error) return tl::unexpected(*loss.error);
  Found found{loss.gap, std::nullopt};
  if (!line || line->kind == LineKind::kUnfinished) return found;
  found.line = ByteRange{line->position, line->bytes.size()};
  found.crc = crc32(line->bytes);
  return found;
}

// Judges whether the next line begins where the last one taken ends.
CursorPlace judge_next(const Found& next, Position position, Position end) {
  if (next.gap) return {CursorState::kRemoved, position + next.gap->bytes, next.gap->bytes};
  const Position begins = next.line ? next.line->position : end;
  return {begins == position ? CursorState::kInPlace : CursorState::kDifferent, begins, 0};
}

bool is_last_taken(const Found& found, const Cursor& cursor) {
  const Position begin = cursor.position - cursor.last_line_bytes;
  return found.line && found.line->position == begin && found.line->bytes == cursor.last_line_bytes &&
         found.crc == cursor.last_line_crc;
}

// Whether the bytes are as repair leaves damage, perhaps together with the lines beside it.
bool is_blank(Directory& directory, Position begin, std::uint64_t bytes) {
  const auto segments = list_segments(directory);
  if (!segments) return false;
  auto segment = std::upper_bound(segments->begin(), segments->end(), begin,
                                  [](Position position, const Segment& s) { return position < s.name.position; });
  if (segment == segments->begin()) return false;
  --segment;
  const auto index = static_cast<std::size_t>(segment - segments->begin());
  const auto source = open_segment_source(directory, *segment, expected_bytes(*segments, index));
  if (!source) return false;
  std::string text(bytes, '\0');
  const auto n = (*source)->read_at(begin - segment->name.position, text);
  return n && *n == bytes && text.find_first_not_of(" \n") == std::string::npos;
}

// Whether the last line taken is gone, and all that is gone lies before the cursor's position.
bool is_removed_before(const Found& found, const Cursor& cursor) {
  return found.gap && found.gap->position + found.gap->bytes <= cursor.position;
}

Result<CursorPlace> compare_lines(Directory& directory, const Extent& extent, const Cursor& cursor, Position end) {
  const auto next = look_at(directory, cursor.position);  // first: a segment that cannot be read counts as empty
  if (!next) return tl::unexpected(next.error());
  if (cursor.position > end) return CursorPlace{CursorState::kBeyondEnd, end, cursor.position - end};
  CursorPlace place = judge_next(*next, cursor.position, end);
  const Position last = cursor.position - cursor.last_line_bytes;
  if (place.state == CursorState::kRemoved || cursor.last_line_bytes == 0 || last < extent.begin) return place;
  CRAWLSPOOL_TRY_AS(const auto taken, look_at(directory, last));
  const bool is_blanked = !is_last_taken(taken, cursor) && is_blank(directory, last, cursor.last_line_bytes);
  if (is_blanked) return CursorPlace{CursorState::kInPlace, place.go_on_at, 0};
  if (!is_last_taken(taken, cursor) && !is_removed_before(taken, cursor)) place.state = CursorState::kDifferent;
  if (place.state == CursorState::kDifferent) place.affected_bytes = cursor.last_line_bytes;
  return place;
}

}  // namespace

Result<CursorPlace> find_cursor_place(Directory& directory, const std::string& spool_id, const Cursor& cursor) {
  CRAWLSPOOL_TRY_AS(const auto extent, spool_extent(directory));
  CRAWLSPOOL_TRY_AS(const auto end, position_of_last_lines(directory, 0));
  if (cursor.spool_id != spool_id)
    return CursorPlace{CursorState::kOtherSpool, extent.begin, extent.end - extent.begin};
  if (cursor.position < extent.begin)
    return CursorPlace{CursorState::kRemoved, extent.begin, extent.begin - cursor.position};
  return compare_lines(directory, extent, cursor, end);
}

}  // namespace crawlspool::spool
