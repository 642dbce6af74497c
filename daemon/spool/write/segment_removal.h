// Removes the files of segments that retention lets go. Each removal is durable before the next is made: otherwise a
// crash could bring an older segment back without the one behind it. Used on the maintenance thread.
// Source: FORMAT.md, "Retention".
#pragma once

#include <string>

#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"
#include "daemon/spool/write/retention.h"

namespace crawlspool::spool {

class SegmentRemoval {
 public:
  // `directory` outlives it.
  explicit SegmentRemoval(Directory& directory) : directory_(directory) {}

  // Removes and logs a segment. False where one of its files is still there.
  bool remove(const RetentionVerdict::Removal& removal);
  // Makes what was removed durable. While it returns false nothing more may be removed.
  bool make_durable();

 private:
  bool remove_files(Position position);

  Directory& directory_;
  bool is_durable_ = true;
};

// Returns up to where no cursor of the spool needs anything; the greatest position where there is no cursor. One that
// cannot be read may need anything: 0.
[[nodiscard]] Position cursors_need_from(Directory& directory, const std::string& spool_id);

}  // namespace crawlspool::spool
