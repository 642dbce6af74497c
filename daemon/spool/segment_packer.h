// Packs a sealed segment: POSITION.ndjson becomes POSITION.ndjson.zst and POSITION.idx.json. The original stays until
// the copy has been read back from the disk, found to be the same and made durable under its name. May run beside
// ingest and readers, once at a time. Source: FORMAT.md, "Packed segments".
#pragma once

#include <cstdint>
#include <functional>

#include "daemon/spool/file_system.h"
#include "daemon/spool/layout.h"
#include "daemon/spool/timestamp_scanner.h"

namespace crawlspool::spool {

struct PackOptions {
  int level = 3;  // zstd's
  std::uint64_t frame_bytes_min = 8ULL * 1024 * 1024;
  // The copy is synced in steps: one large sync would hold up those that acks wait for.
  std::uint64_t sync_every_bytes = 4ULL * 1024 * 1024;
  std::function<bool()> stop = {};  // asked every few milliseconds of work; true ends it. Empty: never
};

struct PackedSegment {
  std::uint64_t content_bytes;
  std::uint64_t file_bytes;
  TimestampRange timestamps;
};

// kNotFound where there is no such plain file; errno ECANCELED where `stop` said so. After any failure the original is
// there and the same call may be made again; what is left of the copy means nothing.
[[nodiscard]] base::Result<PackedSegment> pack_segment(Directory& directory, Position position,
                                                       const PackOptions& options);

}  // namespace crawlspool::spool
