// Names in a spool directory, and the positions that they stand for. A byte's position is the number of bytes of
// uncompressed spool before it; a segment's name is the position of its first byte, in 20 digits.
// Source: FORMAT.md, "Files".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crawlspool::spool {

using Position = std::uint64_t;

struct ByteRange {
  Position position;
  std::uint64_t bytes;
};

// Adds a range behind the ones there are; neighbours become one.
void add_range(std::vector<ByteRange>& ranges, ByteRange range);

inline constexpr int kFormatVersion = 1;
inline constexpr std::size_t kPositionDigits = 20;
inline constexpr std::string_view kLockName = "LOCK";
inline constexpr std::string_view kIdentityName = "spool.json";
inline constexpr std::string_view kDurableName = "durable";
inline constexpr std::string_view kCurrentName = "current.ndjson";
inline constexpr std::string_view kRejectedName = "rejected";
inline constexpr std::string_view kCutName = "cut";
inline constexpr std::string_view kCursorsName = "cursors";
inline constexpr std::string_view kSnapshotName = "sessions.ndjson";
inline constexpr std::string_view kPreviousSnapshotName = "sessions.previous.ndjson";
inline constexpr std::string_view kTemporarySuffix = ".tmp";

enum class SegmentKind { kCompressed, kSealed, kOpen };  // NAME.ndjson.zst, NAME.ndjson, NAME.ndjson.open

struct SegmentName {
  Position position;
  SegmentKind kind;
};

[[nodiscard]] std::string position_digits(Position position);
// Returns nothing unless `text` is exactly 20 digits that fit 64 bits.
[[nodiscard]] std::optional<Position> parse_position_digits(std::string_view text);

[[nodiscard]] std::string segment_file_name(const SegmentName& name);
[[nodiscard]] std::optional<SegmentName> parse_segment_file_name(std::string_view file);
[[nodiscard]] std::string index_file_name(Position position);  // NAME.idx.json, beside NAME.ndjson.zst

}  // namespace crawlspool::spool
