// Brings the active segment back to a state in which every byte is what an ack may have promised. A crash on the way
// leaves a segment that can be recovered again. Source: FORMAT.md, "Recovery".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/spool/recovery/session_replay.h"
#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

struct SegmentRecovery {
  Position end = 0;                  // where the next line goes
  Position known_synced = 0;         // everything before it was known to be on the disk
  std::vector<ByteRange> damaged;    // before known_synced: kept, never read as records
  std::optional<ByteRange> cut;      // from known_synced on: moved to cut/
  bool cut_was_kept = true;          // false where the disk had no room for the copy in cut/
  std::optional<ByteRange> missing;  // the `durable` file promises bytes that the segment does not have
};

struct SegmentPlace {
  Position begin = 0;               // of the segment
  Position from = 0;                // where to read from, at least `begin`: a line's start, synced up to there
  std::optional<Position> durable;  // what the durable file said, if it said anything
};

// `asked.from` may lie behind the segment's end. The segment's cached pages are written and dropped first, so that what
// is read is what the disk has. Each line that is kept goes through `replay`.
[[nodiscard]] base::Result<SegmentRecovery> recover_segment(Directory& directory, File& segment,
                                                            const SegmentPlace& asked, SessionReplay& replay);

}  // namespace crawlspool::spool
