#include "daemon/spool/segment_list.h"

#include <algorithm>

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr int kListingsMax = 8;

// The entries come by name: for each position plain, open, packed.
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

bool are_same(const std::vector<Segment>& a, const std::vector<Segment>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Segment& x, const Segment& y) { return x.file == y.file; });
}

}  // namespace

Result<std::vector<Segment>> list_segments(Directory& directory) {
  auto segments = directory.list().map(take_one_each);
  for (int listings = 1; segments && listings < kListingsMax; ++listings) {
    auto again = directory.list().map(take_one_each);
    const bool has_settled = again && are_same(*segments, *again);
    segments = std::move(again);
    if (has_settled) break;
  }
  return segments;
}

std::optional<std::uint64_t> expected_bytes(std::span<const Segment> segments, std::size_t index) {
  if (index + 1 >= segments.size()) return std::nullopt;
  return segments[index + 1].name.position - segments[index].name.position;
}

}  // namespace crawlspool::spool
