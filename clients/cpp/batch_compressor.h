// Compresses a batch into one zstd frame, with its size and a checksum. Reuses its context.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct ZSTD_CCtx_s;

namespace crawlspool::client {

class BatchCompressor {
 public:
  BatchCompressor();

  // Returns what is valid until the next call.
  [[nodiscard]] std::string_view compress(std::string_view batch);

 private:
  struct FreeContext {
    void operator()(ZSTD_CCtx_s* context) const noexcept;
  };
  std::unique_ptr<ZSTD_CCtx_s, FreeContext> context_;
  std::string compressed_;
};

}  // namespace crawlspool::client
