// Compresses content into blocks: zstd frames that stand for themselves, each with its size and a checksum. Reuses its
// context from one block to the next.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/spool/storage/file_system.h"

struct ZSTD_CCtx_s;

namespace crawlspool::spool {

struct FreeEncodingContext {
  void operator()(ZSTD_CCtx_s* context) const noexcept;
};

class BlockEncoder {
 public:
  explicit BlockEncoder(int level);

  // Begins a block of `content_bytes`; what was begun before is dropped.
  void begin(std::uint64_t content_bytes);
  // Appends to `compressed` what the next piece of the content makes. The last one completes the block: by then all of
  // `content_bytes` is there.
  [[nodiscard]] base::Result<void> add(std::string_view content, bool is_last, std::string& compressed);

 private:
  std::unique_ptr<ZSTD_CCtx_s, FreeEncodingContext> context_;
};

}  // namespace crawlspool::spool
