// Packs a sealed segment: POSITION.ndjson becomes POSITION.ndjson.zst and POSITION.idx.json. The original stays until
// the copy has been read back from the disk, found to be the same and made durable under its name. May run beside
// ingest and readers, once at a time. Source: FORMAT.md, "Packed segments".
#pragma once

#include <cstdint>

#include "daemon/spool/file_system.h"
#include "daemon/spool/frame_writer.h"
#include "daemon/spool/layout.h"
#include "daemon/spool/timestamp_scanner.h"

namespace crawlspool::spool {

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
