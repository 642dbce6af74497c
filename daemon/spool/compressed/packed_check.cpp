#include "daemon/spool/compressed/packed_check.h"

#include <algorithm>
#include <string>

#include "daemon/spool/compressed/frame_decoder.h"
#include "daemon/spool/compressed/frame_layout.h"
#include "daemon/spool/compressed/frame_table.h"
#include "daemon/spool/lines/timestamp_scanner.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using base::Result;

TimestampRange timestamps_in(std::string_view content) {
  TimestampRange range;
  TimestampScanner scanner;
  static_cast<void>(scanner.feed(content, [&range](std::uint64_t, std::string_view timestamp) {
    range.take(timestamp);
    return true;
  }));
  return range;
}

// The decoder goes by the checksum alone; other programs believe the size in the header, too.
Result<bool> decode_frame(ByteSource& file, FrameDecoder& decoder, const Frame& frame, std::string& content) {
  CRAWLSPOOL_TRY_AS(const auto header, read_frame_header(file, frame.offset));
  CRAWLSPOOL_TRY_AS(const auto decoded,
                    decoder.decode({frame.offset, frame.offset + frame.file_bytes, frame.bytes}, &content));
  return header && header->content_bytes == frame.bytes && decoded.is_sound && decoded.content_bytes == frame.bytes &&
         decoded.file_bytes == frame.file_bytes;
}

bool covers(const TimestampRange& outer, const TimestampRange& inner) {
  if (inner.least.empty()) return true;
  return !outer.least.empty() && outer.least <= inner.least && inner.greatest <= outer.greatest;
}

bool is_same_place(const Frame& a, const Frame& b) {
  return a.position == b.position && a.bytes == b.bytes && a.offset == b.offset && a.file_bytes == b.file_bytes;
}

// A frame that is damaged shows no timestamps to compare.
bool is_told_rightly(const Frame& told, const Frame& found) {
  const bool is_known = told.timestamps && found.timestamps;
  return is_same_place(told, found) && (!is_known || covers(*told.timestamps, *found.timestamps));
}

IndexState judge_index(Directory& directory, Position position, const std::optional<Frames>& index,
                       const Frames& frames) {
  if (!index) {
    const auto file = directory.open(index_file_name(position), OpenMode::kRead);
    const bool is_missing = !file && file.error().code == ErrorCode::kNotFound;
    return is_missing ? IndexState::kMissing : IndexState::kDamaged;
  }
  const bool is_right = std::equal(index->begin(), index->end(), frames.begin(), frames.end(), is_told_rightly);
  return is_right ? IndexState::kSound : IndexState::kWrong;
}

}  // namespace

Result<PackedCheck> check_packed_segment(Directory& directory, Position position,
                                         std::optional<std::uint64_t> expected_bytes) {
  CRAWLSPOOL_TRY_AS(const auto file,
                    directory.open(segment_file_name({position, SegmentKind::kCompressed}), OpenMode::kRead));
  const auto index = read_index(directory, position);
  FrameDecoder decoder(*file);
  CRAWLSPOOL_TRY_AS(auto frames, make_frame_table(*file, decoder, {position, index, expected_bytes}));
  auto check = check_frames(*file, std::move(frames));
  if (check) check->index = judge_index(directory, position, index, check->frames);
  return check;
}

Result<PackedCheck> check_frames(ByteSource& file, Frames frames) {
  FrameDecoder decoder(file);
  PackedCheck check{std::move(frames), {}, IndexState::kSound};
  std::string content;
  for (Frame& frame : check.frames) {
    CRAWLSPOOL_TRY_AS(const auto is_sound, decode_frame(file, decoder, frame, content));
    if (!is_sound) check.unsound.push_back(static_cast<std::size_t>(&frame - check.frames.data()));
    frame.timestamps = is_sound ? std::optional(timestamps_in(content)) : std::nullopt;
  }
  return check;
}

}  // namespace crawlspool::spool
