#include "daemon/spool/read/segment_list.h"

#include <algorithm>

#include "daemon/spool/compressed/compressed_source.h"

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr int kListingsMax = 8;

// Relies on the entries' order, which is by name: for each position plain, open, compressed.
std::vector<Segment> take_one_each(const std::vector<DirectoryEntry>& entries) {
  std::vector<Segment> segments;
  bool is_regular = false;  // the last one of `segments`
  for (const DirectoryEntry& entry : entries) {
    const auto name = parse_segment_file_name(entry.name);
    if (!name) continue;
    const bool is_another = segments.empty() || segments.back().name.position != name->position;
    if (!is_another && (is_regular || entry.kind != EntryKind::kFile)) continue;
    if (!is_another) segments.pop_back();
    segments.push_back({*name, entry.name});
    is_regular = entry.kind == EntryKind::kFile;
  }
  return segments;
}

// Ignores what has been added at the end meanwhile: it was never hidden.
bool are_same_places(std::span<const Segment> before, std::span<const Segment> now) {
  now = now.first(std::min(before.size(), now.size()));
  return std::equal(before.begin(), before.end(), now.begin(), now.end(),
                    [](const Segment& x, const Segment& y) { return x.name.position == y.name.position; });
}

}  // namespace

Result<std::vector<Segment>> list_segments(Directory& directory) {
  auto segments = directory.list().map(take_one_each);
  for (int listings = 1; segments && listings < kListingsMax; ++listings) {
    auto again = directory.list().map(take_one_each);
    const bool is_stable = again && are_same_places(*segments, *again);
    segments = std::move(again);
    if (is_stable) break;
  }
  return segments;
}

std::optional<std::uint64_t> expected_bytes(std::span<const Segment> segments, std::size_t index) {
  if (index + 1 >= segments.size()) return std::nullopt;
  return segments[index + 1].name.position - segments[index].name.position;
}

Result<std::unique_ptr<ByteSource>> open_segment_source(Directory& directory, const Segment& segment,
                                                        std::optional<std::uint64_t> expected_bytes) {
  const auto as_source = [](auto file) -> std::unique_ptr<ByteSource> { return file; };
  if (segment.name.kind == SegmentKind::kCompressed)
    return CompressedSource::open(directory, segment.name.position, expected_bytes).map(as_source);
  return directory.open(segment.file, OpenMode::kRead).map(as_source);
}

}  // namespace crawlspool::spool
