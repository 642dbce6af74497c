// Decodes one block (a zstd frame) of a file, inner block by inner block: where it is damaged, what comes before the
// damage is there. Reuses its buffers from one block to the next. What a block holds is proved by its checksum and by
// nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/spool/storage/file_system.h"

struct ZSTD_DCtx_s;

namespace crawlspool::spool {

struct FreeDecodingContext {
  void operator()(ZSTD_DCtx_s* context) const noexcept;
};

struct DecodedBlock {
  std::uint64_t content_bytes = 0;
  std::uint64_t file_bytes = 0;  // read of the file; all of the block, if is_sound
  bool is_sound = false;         // decoded to its end, and the checksum is right
};

class BlockDecoder {
 public:
  // `file` outlives the decoder and does not change.
  explicit BlockDecoder(ByteSource& file);

  // Decodes the block at `offset` as one that ends at `end` or before and holds at most `content_bytes_max`, whatever
  // size its header claims. `content`, if any, is replaced by what could be decoded. Fails only if the file cannot be
  // read.
  struct Request {
    std::uint64_t offset;
    std::uint64_t end;
    std::uint64_t content_bytes_max;
  };
  [[nodiscard]] base::Result<DecodedBlock> decode(const Request& request, std::string* content);

 private:
  [[nodiscard]] base::Result<std::string_view> input(std::uint64_t offset, std::uint64_t bytes, std::uint64_t end);
  [[nodiscard]] base::Result<bool> feed_header(const Request& request, DecodedBlock& block, std::size_t& wanted);

  ByteSource& file_;
  std::unique_ptr<ZSTD_DCtx_s, FreeDecodingContext> context_;
  std::string input_;
  std::uint64_t input_offset_ = 0;  // in the file
  std::string scratch_;             // for content that nobody wants
};

}  // namespace crawlspool::spool
