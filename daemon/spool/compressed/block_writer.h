// Writes the content of a plain segment into a compressed file, block by block and in small pieces. A block holds at
// least block_bytes_min of content, if there is as much, and ends where a line does; only a stretch that is too long
// for a line is divided.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/spool/compressed/block_codec.h"
#include "daemon/spool/compressed/segment_index.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

struct CompressionOptions {
  int level = 3;  // zstd's
  std::uint64_t block_bytes_min = 8ULL * 1024 * 1024;
  // The copy is synced in steps: one large sync would hold up those that acks wait for.
  std::uint64_t sync_every_bytes = 4ULL * 1024 * 1024;
};

class BlockWriter {
 public:
  // All references outlive the writer. `file` is empty at first; it is synced now and then, but not at the end.
  BlockWriter(ByteSource& content, Position begin, File& file, const CompressionOptions& options)
      : content_(content), begin_(begin), file_(file), options_(options), encoder_(options.level) {}

  // Works for a millisecond or two. Returns false once the content is in the file; empty content is one empty block.
  // After an error the file means nothing.
  [[nodiscard]] base::Result<bool> write_some();
  // Returns the blocks that are complete.
  [[nodiscard]] const Blocks& blocks() const { return blocks_; }

 private:
  [[nodiscard]] base::Result<void> begin_block();
  [[nodiscard]] base::Result<std::uint64_t> find_block_end(std::uint64_t begin);
  [[nodiscard]] base::Result<std::string_view> read_piece(std::uint64_t begin, std::uint64_t end);
  [[nodiscard]] base::Result<void> write_out();
  void end_block();

  ByteSource& content_;
  Position begin_;
  File& file_;
  const CompressionOptions& options_;
  BlockEncoder encoder_;
  std::optional<std::uint64_t> size_;  // of the content
  std::uint64_t at_ = 0;               // in it
  Blocks blocks_;
  std::optional<Block> block_;  // under way
  TimestampScanner scanner_;    // of its lines
  std::string piece_;
  std::string compressed_;
  std::uint64_t written_ = 0;
  std::uint64_t synced_ = 0;
};

}  // namespace crawlspool::spool
