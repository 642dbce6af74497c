// Brings a whole spool back to a state from which lines can be appended, before anything listens: takes stock, seals
// what was left unsealed, reads what was added since the last snapshot, and repairs the active segment's end. A crash
// on the way leaves a spool that can be recovered again. Source: FORMAT.md, "Recovery".
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/spool/control/inventory.h"
#include "daemon/spool/control/snapshot.h"
#include "daemon/spool/recovery/segment_recovery.h"
#include "daemon/spool/recovery/session_replay.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

struct RecoveryReport {
  Position begin = 0;              // of the active segment, or of the one to begin
  Position end = 0;                // where the next line goes
  Position read_from = 0;          // the snapshot's position
  Position known_synced = 0;       // everything before it was known to be on the disk
  std::uint64_t lines = 0;         // sound ones that were read
  std::int64_t newest_us = 0;      // the newest time in the spool that was met, wall clock
  std::vector<ByteRange> damaged;  // kept, never read as records
  std::vector<ByteRange> missing;  // promised, and no segment has them
  std::optional<ByteRange> cut;    // from known_synced on: moved to cut/
  bool cut_was_kept = true;        // false where the disk had no room for the copy in cut/
  std::vector<UnusableFile> skipped;
};

struct Recovered {
  RecoveryReport report;
  SessionTable sessions;
  SnapshotPlaces snapshots;
  std::vector<SegmentName> sealed;  // by position
  std::unique_ptr<File> active;     // none: a segment is to be begun at report.end
};

[[nodiscard]] base::Result<Recovered> recover(Directory& directory, const std::string& spool_id);

}  // namespace crawlspool::spool
