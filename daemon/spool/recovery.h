// Brings the growing segment back to a state in which every byte is what an ack may have promised, before anything
// listens. Idempotent: a crash on the way leaves something to recover again. Source: FORMAT.md, "Recovery".
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/spool/file_system.h"
#include "daemon/spool/layout.h"

namespace crawlspool::spool {

struct ByteRange {
  Position position;
  std::uint64_t bytes;
};

struct RecoveryReport {
  Position begin = 0;                // of the segment
  Position end = 0;                  // where the next line goes
  Position known_synced = 0;         // everything before it was known to be on the disk
  std::uint64_t lines = 0;           // sound ones before `end`
  std::vector<ByteRange> damaged;    // before known_synced: kept, never to be read as records
  std::optional<ByteRange> cut;      // from known_synced on: moved to cut/
  bool cut_was_kept = true;          // false where the disk had no room for the copy in cut/
  std::optional<ByteRange> missing;  // the `durable` file promises bytes that the segment does not have
};

// `segment` is the open segment that starts at `begin`; `durable` what the durable file said, if it said anything.
// The segment's cached pages are written and dropped first, so that what is read is what the disk has.
[[nodiscard]] base::Result<RecoveryReport> recover_segment(Directory& directory, File& segment, Position begin,
                                                           std::optional<Position> durable);

}  // namespace crawlspool::spool
