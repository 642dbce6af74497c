#include "daemon/spool/read/position_search.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "daemon/spool/compressed/compressed_source.h"
#include "daemon/spool/lines/timestamp_scanner.h"
#include "daemon/spool/read/segment_list.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using base::Result;
using Segments = std::vector<Segment>;

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr int kAttempts = 8;  // since a segment may be renamed or removed between the listing and the opening

// Calls `search` with a listing, and with a new one for as long as a file of the one before has gone.
template <class Search>
auto search_segments(Directory& directory, Search search) -> decltype(search(Segments{})) {
  for (int attempt = 1;; ++attempt) {
    CRAWLSPOOL_TRY_AS(const auto segments, list_segments(directory));
    auto found = search(segments);
    if (found || found.error().code != ErrorCode::kNotFound || attempt == kAttempts) return found;
  }
}

// Returns no source, and no error, for a file that is there and cannot be opened.
Result<std::unique_ptr<ByteSource>> open_if_possible(Directory& directory, const Segments& segments,
                                                     std::size_t index) {
  auto source = open_segment_source(directory, segments[index], expected_bytes(segments, index));
  if (!source && source.error().code != ErrorCode::kNotFound) return nullptr;
  return source;
}

// Counts line ends from the end backwards, down from `wanted`. Returns the offset behind the one that makes it 0, if
// that is in this segment.
Result<std::optional<std::uint64_t>> find_backwards(ByteSource& source, std::uint64_t& wanted) {
  const auto size = source.size();
  if (!size) return tl::unexpected(size.error());
  std::string piece;
  for (std::uint64_t end = *size; end > 0;) {
    piece.resize(std::min<std::uint64_t>(kReadBytes, end));
    const std::uint64_t begin = end - piece.size();
    CRAWLSPOOL_TRY(source.read_at(begin, piece));
    for (std::size_t at = piece.rfind('\n'); at != std::string::npos; at = piece.rfind('\n', at - 1)) {
      if (--wanted == 0) return begin + at + 1;
      if (at == 0) break;
    }
    end = begin;
  }
  return std::nullopt;
}

// Returns where the first line begins that is not before `timestamp`, of the content from `begin` to `end`, which are
// both lines' starts. Returns `end` if there is none, `begin` if the lines cannot be read.
std::uint64_t find_forwards(ByteSource& source, std::uint64_t begin, std::uint64_t end, std::string_view timestamp) {
  std::uint64_t found = end;
  const auto visit = [&](std::uint64_t offset, std::string_view ts) {
    if (ts < timestamp) return true;
    found = begin + offset;
    return false;
  };
  TimestampScanner scanner;
  std::string piece;
  for (std::uint64_t at = begin; at < end && found == end; at += piece.size()) {
    piece.resize(std::min<std::uint64_t>(kReadBytes, end - at));
    const auto n = source.read_at(at, piece);
    if (!n) return begin;
    if (*n == 0) break;
    piece.resize(*n);
    if (!scanner.feed(piece, visit)) break;
  }
  return found;
}

std::uint64_t find_in_compressed(CompressedSource& source, std::string_view timestamp) {
  for (const Block& block : source.blocks()) {
    if (block.timestamps && block.timestamps->greatest < timestamp) continue;
    const std::uint64_t begin = block.position - source.blocks().front().position;
    const std::uint64_t found = find_forwards(source, begin, begin + block.bytes, timestamp);
    if (found < begin + block.bytes) return found;
  }
  return content_bytes(source.blocks());
}

// Returns the content's length of a compressed segment all of which is before `timestamp`, if its index says so. Looks
// at the file's length only: its blocks' headers would cost one seek each, for all that was ever compressed.
std::optional<std::uint64_t> pass_over(Directory& directory, const Segment& segment,
                                       std::optional<std::uint64_t> expected, std::string_view timestamp) {
  const auto index = read_index(directory, segment.name.position);
  const auto file = directory.open(segment.file, OpenMode::kRead);
  if (!index || !file || (*file)->size() != file_bytes(*index)) return std::nullopt;
  if (expected && *expected != content_bytes(*index)) return std::nullopt;
  const bool is_before = std::all_of(
      index->begin(), index->end(), [timestamp](const Block& block) { return block.timestamps->greatest < timestamp; });
  return is_before ? std::optional(content_bytes(*index)) : std::nullopt;
}

// An offset in a segment, and the length of the segment's content.
struct Found {
  std::uint64_t offset;
  std::uint64_t content_bytes;
};

Result<Found> find_in_segment(Directory& directory, const Segment& segment, std::optional<std::uint64_t> expected,
                              std::string_view timestamp) {
  if (segment.name.kind == SegmentKind::kCompressed) {
    if (const auto bytes = pass_over(directory, segment, expected, timestamp)) return Found{*bytes, *bytes};
    return CompressedSource::open(directory, segment.name.position, expected).map([&](const auto& source) {
      return Found{find_in_compressed(*source, timestamp), content_bytes(source->blocks())};
    });
  }
  return directory.open(segment.file, OpenMode::kRead).and_then([&](const auto& file) {
    return file->size().map([&](std::uint64_t size) { return Found{find_forwards(*file, 0, size, timestamp), size}; });
  });
}

// Returns the size of the compressed copy where the segment has been compressed since it was listed, as among thousands
// of segments one always has; 0 where it was removed.
std::uint64_t file_bytes(Directory& directory, const Segment& segment) {
  auto file = directory.open(segment.file, OpenMode::kRead);
  if (!file && file.error().code == ErrorCode::kNotFound)
    file = directory.open(segment_file_name({segment.name.position, SegmentKind::kCompressed}), OpenMode::kRead);
  return file ? (*file)->size().value_or(0) : 0;
}

}  // namespace

Result<Extent> spool_extent(Directory& directory) {
  return search_segments(directory, [&directory](const Segments& segments) -> Result<Extent> {
    Extent extent;
    extent.segments = segments.size();
    for (const Segment& segment : segments) extent.file_bytes += file_bytes(directory, segment);
    if (segments.empty()) return extent;
    CRAWLSPOOL_TRY_AS(auto last, open_if_possible(directory, segments, segments.size() - 1));
    extent.begin = segments.front().name.position;
    extent.end = segments.back().name.position + (last ? last->size().value_or(0) : 0);
    return extent;
  });
}

Result<Position> position_of_last_lines(Directory& directory, std::uint64_t lines) {
  return search_segments(directory, [&](const Segments& segments) -> Result<Position> {
    std::uint64_t wanted = lines + 1;  // the line end before the first of them
    for (std::size_t i = segments.size(); i-- > 0;) {
      CRAWLSPOOL_TRY_AS(const auto source, open_if_possible(directory, segments, i));
      if (!source) continue;
      CRAWLSPOOL_TRY_AS(const auto offset, find_backwards(*source, wanted));
      if (offset) return segments[i].name.position + *offset;
    }
    return segments.empty() ? 0 : segments.front().name.position;
  });
}

Result<Position> position_since(Directory& directory, std::string_view timestamp) {
  return search_segments(directory, [&](const Segments& segments) -> Result<Position> {
    Position end = 0;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const Position begin = segments[i].name.position;
      const auto found = find_in_segment(directory, segments[i], expected_bytes(segments, i), timestamp);
      if (!found && found.error().code == ErrorCode::kNotFound) return tl::unexpected(found.error());
      if (!found) return begin;
      if (found->offset < found->content_bytes) return begin + found->offset;
      end = begin + found->content_bytes;
    }
    return end;
  });
}

}  // namespace crawlspool::spool
