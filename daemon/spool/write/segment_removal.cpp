#include "daemon/spool/write/segment_removal.h"

#include <algorithm>

#include "daemon/base/log.h"
#include "daemon/spool/control/cursor.h"

namespace crawlspool::spool {

bool SegmentRemoval::remove(const RetentionVerdict::Removal& removal) {
  const SegmentFacts& segment = removal.segment;
  if (!remove_files(segment.name.position)) return false;
  base::log_info("segment_removed", {{"segment", segment_file_name(segment.name)},
                                     {"bytes", segment.file_bytes},
                                     {"reason", removal.reason},
                                     {"overrides_cursor", removal.overrides_cursor}});
  return true;
}

// A segment may be there twice: its compressed copy has had its name since before the plain file was to go, and that,
// or the sync before it, failed. Readers take the plain file as long as there is one, so it is the last to go.
bool SegmentRemoval::remove_files(Position position) {
  is_durable_ = false;
  for (const SegmentKind kind : {SegmentKind::kCompressed, SegmentKind::kSealed}) {
    const auto removed = directory_.remove(segment_file_name({position, kind}));
    if (removed || removed.error().code == base::ErrorCode::kNotFound) continue;
    base::log_warn_limited("removal_failed", {{"detail", removed.error().message()}});
    return false;
  }
  static_cast<void>(directory_.remove(index_file_name(position)));
  return true;
}

bool SegmentRemoval::make_durable() {
  if (is_durable_) return true;
  const auto synced = directory_.sync();
  if (!synced) base::log_warn_limited("removal_failed", {{"detail", synced.error().message()}});
  is_durable_ = synced.has_value();
  return is_durable_;
}

Position cursors_need_from(Directory& directory, const std::string& spool_id) {
  const auto cursors = list_cursors(directory);
  if (!cursors) {
    base::log_warn_limited("cursor_unreadable", {{"detail", cursors.error().message()}});
    return 0;
  }
  Position least = ~Position{0};
  for (const NamedCursor& named : *cursors) {
    if (!named.cursor)
      base::log_warn_limited("cursor_unreadable", {{"cursor", named.name}, {"detail", named.cursor.error().message()}});
    const bool is_ours = !named.cursor || named.cursor->spool_id == spool_id;
    if (is_ours) least = std::min(least, named.cursor ? named.cursor->position : 0);
  }
  return least;
}

}  // namespace crawlspool::spool
