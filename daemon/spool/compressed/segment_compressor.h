// Compresses a sealed segment: POSITION.ndjson becomes POSITION.ndjson.zst and POSITION.idx.json. The original stays
// until the copy has been read back from the disk, found to be the same and made durable under its name. It works in
// small pieces, between which anything else may be done, beside ingest and readers; one compressor runs at a time.
// Source: FORMAT.md, "Compressed segments".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/spool/compressed/block_writer.h"
#include "daemon/spool/compressed/compressed_source.h"
#include "daemon/spool/lines/timestamp_scanner.h"
#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

struct CompressedSegment {
  std::uint64_t content_bytes = 0;
  std::uint64_t file_bytes = 0;
  TimestampRange timestamps;
};

class SegmentCompressor {
 public:
  // Compresses the segment at `position`; `directory` outlives the compressor.
  SegmentCompressor(Directory& directory, Position position, const CompressionOptions& options);
  // Drops the copy unless all was done. What cannot be removed means nothing and is overwritten by the next compressor.
  ~SegmentCompressor();
  SegmentCompressor(const SegmentCompressor&) = delete;
  SegmentCompressor& operator=(const SegmentCompressor&) = delete;

  // Works for some milliseconds at most, a sync aside. Returns false once the segment is compressed. Fails with
  // kNotFound where there is no such plain file; after any error the original is there and another compressor may try.
  [[nodiscard]] base::Result<bool> step();

  [[nodiscard]] Position position() const { return position_; }
  [[nodiscard]] CompressedSegment compressed() const;  // valid once step() has returned false

 private:
  enum class Stage { kOpen, kWrite, kCompare, kPublish, kDone };

  [[nodiscard]] base::Result<void> open();
  [[nodiscard]] base::Result<void> write_some();
  [[nodiscard]] base::Result<void> compare_some();
  [[nodiscard]] base::Result<void> publish();

  Directory& directory_;
  const Position position_;
  const CompressionOptions options_;
  const std::string plain_name_;
  const std::string compressed_name_;
  const std::string copy_name_;
  const std::string index_name_;
  Stage stage_ = Stage::kOpen;
  bool has_index_ = false;  // written for a copy that has not its name yet
  std::unique_ptr<File> plain_;
  std::unique_ptr<File> copy_;
  std::optional<BlockWriter> writer_;
  std::optional<CompressedSource> written_;  // the copy, once it is on the disk
  std::uint64_t compared_ = 0;               // bytes of content
};

// Runs all steps.
[[nodiscard]] base::Result<CompressedSegment> compress_segment(Directory& directory, Position position,
                                                               const CompressionOptions& options);

}  // namespace crawlspool::spool
