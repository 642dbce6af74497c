#include "daemon/spool/control/inventory.h"

#include <algorithm>
#include <array>

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr std::array<std::string_view, 5> kFiles{kLockName, kIdentityName, kDurableName, kSnapshotName,
                                                 kPreviousSnapshotName};
constexpr std::array<std::string_view, 3> kDirectories{kRejectedName, kCutName, kCursorsName};

template <class Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<Position> parse_index_file_name(std::string_view file) {
  const auto position = parse_position_digits(file.substr(0, std::min(file.size(), kPositionDigits)));
  return position && file == index_file_name(*position) ? position : std::nullopt;
}

// Orders by position, and those of one position by kind: compressed, sealed, open.
bool comes_before(const SegmentName& a, const SegmentName& b) {
  return a.position != b.position ? a.position < b.position : a.kind < b.kind;
}

// Keeps one segment a position. A compressed one was compared with the plain one before it got its name, so the plain
// one may go.
std::vector<SegmentName> one_a_position(std::vector<SegmentName> segments, std::vector<std::string>& superfluous,
                                        std::vector<UnusableFile>& skipped) {
  std::sort(segments.begin(), segments.end(), comes_before);
  std::vector<SegmentName> kept;
  for (const SegmentName& segment : segments) {
    if (kept.empty() || kept.back().position != segment.position)
      kept.push_back(segment);
    else if (kept.back().kind == SegmentKind::kCompressed && segment.kind == SegmentKind::kSealed)
      superfluous.push_back(segment_file_name(segment));
    else
      skipped.push_back({segment_file_name(segment), "another file holds the same position"});
  }
  return kept;
}

void sort_out(Inventory& inventory, const std::vector<SegmentName>& segments) {
  for (const SegmentName& segment : segments) {
    if (segment.kind != SegmentKind::kOpen)
      inventory.sealed.push_back(segment);
    else if (segment.position == segments.back().position)
      inventory.active = segment;
    else
      inventory.unsealed.push_back(segment);
  }
}

// Holds a directory's entries by what they are.
struct Entries {
  std::vector<SegmentName> segments;
  std::vector<Position> indexes;
  std::vector<std::string> temporary;
  std::vector<UnusableFile> skipped;
};

Result<Entries> sort_entries(Directory& directory) {
  CRAWLSPOOL_TRY_AS(const auto listed, directory.list());
  Entries entries;
  for (const DirectoryEntry& entry : listed) {
    const auto segment = parse_segment_file_name(entry.name);
    if (segment && segment->kind == SegmentKind::kOpen && entry.kind != EntryKind::kFile)
      return base::fail(base::ErrorCode::kPermission,
                        directory.path() + "/" + entry.name + " is a link or no regular file");
    if (is_temporary(entry)) {
      entries.temporary.push_back(entry.name);
    } else if (auto why = objection(entry)) {
      entries.skipped.push_back({entry.name, std::move(*why)});
    } else if (segment) {
      entries.segments.push_back(*segment);
    } else if (const auto index = parse_index_file_name(entry.name)) {
      entries.indexes.push_back(*index);
    }
  }
  return entries;
}

}  // namespace

std::optional<std::string> objection(const DirectoryEntry& entry) {
  if (entry.name == kCurrentName) return std::nullopt;  // each start makes it again
  const bool is_directory = is_one_of(kDirectories, entry.name);
  if (is_directory && entry.kind != EntryKind::kDirectory) return "is no directory";
  if (is_directory) return std::nullopt;
  if (!parse_segment_file_name(entry.name) && !parse_index_file_name(entry.name) && !is_one_of(kFiles, entry.name))
    return "is none of the spool's";
  if (entry.kind != EntryKind::kFile) return "is a link or no regular file";
  return std::nullopt;
}

bool is_temporary(const DirectoryEntry& entry) {
  const std::string_view file = entry.name;
  if (!file.ends_with(kTemporarySuffix) || entry.kind == EntryKind::kDirectory) return false;
  const std::string_view made = file.substr(0, file.size() - kTemporarySuffix.size());
  return parse_segment_file_name(made) || parse_index_file_name(made) || is_one_of(kFiles, made) ||
         made == kCurrentName;
}

Result<Inventory> take_inventory(Directory& directory) {
  CRAWLSPOOL_TRY_AS(auto entries, sort_entries(directory));
  Inventory inventory;
  inventory.skipped = std::move(entries.skipped);
  std::vector<std::string> superfluous = std::move(entries.temporary);
  const auto segments = one_a_position(std::move(entries.segments), superfluous, inventory.skipped);
  for (const Position index : entries.indexes)
    if (std::none_of(segments.begin(), segments.end(), [index](const auto& s) { return s.position == index; }))
      superfluous.push_back(index_file_name(index));
  // A compressed copy's name may not be durable yet, and its original must not go before it.
  if (!superfluous.empty()) {
    CRAWLSPOOL_TRY(directory.sync());
  }
  for (const std::string& name : superfluous) CRAWLSPOOL_TRY(directory.remove(name));
  sort_out(inventory, segments);
  return inventory;
}

}  // namespace crawlspool::spool
