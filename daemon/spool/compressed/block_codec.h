// Compresses and decompresses blocks: zstd frames that do not depend on each other, each with its size and a checksum.
// Both classes reuse their memory from one block to the next. Source: FORMAT.md, "Compressed segments".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/spool/storage/file_system.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace crawlspool::spool {

struct FreeContext {
  void operator()(ZSTD_CCtx_s* context) const noexcept;
  void operator()(ZSTD_DCtx_s* context) const noexcept;
};

class BlockEncoder {
 public:
  explicit BlockEncoder(int level);  // zstd's

  // Begins a block of `content_bytes`; what was begun before is dropped.
  void begin(std::uint64_t content_bytes);
  // Appends to `compressed` what the next piece of the content becomes. The last piece completes the block: by then
  // `content_bytes` were added.
  [[nodiscard]] base::Result<void> add(std::string_view content, bool is_last, std::string& compressed);

 private:
  std::unique_ptr<ZSTD_CCtx_s, FreeContext> context_;
};

struct DecodedBlock {
  std::uint64_t content_bytes = 0;
  std::uint64_t file_bytes = 0;  // read of the file; all of the block, if is_sound
  bool is_sound = false;         // decoded to its end, and the checksum matches
};

// Decodes a block inner block by inner block: where it is damaged, what comes before the damage is there. Only its
// checksum says whether the content is right.
class BlockDecoder {
 public:
  struct Request {
    std::uint64_t offset;             // where the block begins in the file
    std::uint64_t end;                // where it ends at the latest
    std::uint64_t content_bytes_max;  // what it holds at most, whatever size its header claims
  };

  // `file` outlives the decoder and does not change.
  explicit BlockDecoder(ByteSource& file);

  // Replaces `content`, unless it is null, by what could be decoded. Fails only if the file cannot be read.
  [[nodiscard]] base::Result<DecodedBlock> decode(const Request& request, std::string* content);

 private:
  [[nodiscard]] base::Result<std::string_view> input(std::uint64_t offset, std::uint64_t bytes, std::uint64_t end);
  [[nodiscard]] base::Result<bool> feed_header(const Request& request, DecodedBlock& block, std::size_t& wanted);

  ByteSource& file_;
  std::unique_ptr<ZSTD_DCtx_s, FreeContext> context_;
  std::string input_;
  std::uint64_t input_offset_ = 0;  // in the file
  std::string scratch_;             // for content that nobody wants
};

}  // namespace crawlspool::spool
