#include "daemon/spool/read/segment_source.h"

#include "daemon/spool/compressed/compressed_source.h"

namespace crawlspool::spool {

base::Result<std::unique_ptr<ByteSource>> open_segment_source(Directory& directory, const Segment& segment,
                                                              std::optional<std::uint64_t> expected_bytes) {
  const auto as_source = [](auto file) -> std::unique_ptr<ByteSource> { return file; };
  if (segment.name.kind == SegmentKind::kCompressed)
    return CompressedSource::open(directory, segment.name.position, expected_bytes).map(as_source);
  return directory.open(segment.file, OpenMode::kRead).map(as_source);
}

}  // namespace crawlspool::spool
