// Serves the content of a compressed segment as bytes that can be read at any offset. Holds one decoded block: reading
// forwards decodes each block once, reading elsewhere only the block that is needed. Where a block is damaged it serves
// what can be decoded before the damage, then NUL bytes, then one line end: one damaged line of the right length,
// behind which the next block begins as a line does. Used by one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/spool/compressed/block_codec.h"
#include "daemon/spool/compressed/segment_index.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

class CompressedSource final : public ByteSource {
 public:
  // `blocks` are those of `file`, by make_block_table() or as they were written.
  CompressedSource(std::unique_ptr<File> file, Blocks blocks)
      : file_(std::move(file)), decoder_(*file_), blocks_(std::move(blocks)) {}

  // Opens the segment that begins at `begin` and is `expected_bytes` long by the next one's name.
  [[nodiscard]] static base::Result<std::unique_ptr<CompressedSource>> open(
      Directory& directory, Position begin, std::optional<std::uint64_t> expected_bytes);

  [[nodiscard]] base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override;
  [[nodiscard]] base::Result<std::uint64_t> size() override { return content_bytes(blocks_); }

  [[nodiscard]] const Blocks& blocks() const { return blocks_; }
  // Whether a block that was read was damaged.
  [[nodiscard]] bool has_met_damage() const { return has_met_damage_; }

 private:
  [[nodiscard]] base::Result<void> load(const Block& block);
  void copy(const Block& block, std::uint64_t offset, std::span<char> into) const;

  std::unique_ptr<File> file_;
  BlockDecoder decoder_;
  Blocks blocks_;
  const Block* loaded_ = nullptr;
  std::string content_;  // of the loaded block, as far as it could be decoded
  bool is_sound_ = false;
  bool has_met_damage_ = false;
};

}  // namespace crawlspool::spool
