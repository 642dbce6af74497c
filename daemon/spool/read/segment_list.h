// The segments of a spool directory as a reader takes them: one file a position, in order of position; and the content
// of one as bytes, however it is kept. Source: FORMAT.md, "Files".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

// What has a segment's name. It may be a link or a directory: opening it shows that.
struct Segment {
  SegmentName name;
  std::string file;
};

// Lists the segments by position, from the names alone. Where a segment is there twice the plain file is taken, so that
// nobody depends on a compressed one before the plain one has gone; a regular file goes before anything else of its
// position. Lists until the next listing has the same positions: one made while a segment is renamed may lack it under
// both names.
[[nodiscard]] base::Result<std::vector<Segment>> list_segments(Directory& directory);

// Returns how long the content of `segments[index]` should be by the name of the next one; nothing for the last.
[[nodiscard]] std::optional<std::uint64_t> expected_bytes(std::span<const Segment> segments, std::size_t index);

// Opens a segment's content: what a compressed file holds, or the plain file's own bytes. `expected_bytes`, of content,
// helps where a compressed one is damaged. Fails as the opening of the file does; what is in it is no error.
[[nodiscard]] base::Result<std::unique_ptr<ByteSource>> open_segment_source(
    Directory& directory, const Segment& segment, std::optional<std::uint64_t> expected_bytes = std::nullopt);

}  // namespace crawlspool::spool
