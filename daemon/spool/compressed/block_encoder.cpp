#include "daemon/spool/compressed/block_encoder.h"

#include <zstd.h>

#include <algorithm>

#include "daemon/base/out_of_memory.h"

namespace crawlspool::spool {
namespace {

constexpr std::size_t kOutputStepBytes = 64 * 1024;

}  // namespace

void FreeEncodingContext::operator()(ZSTD_CCtx_s* context) const noexcept { ZSTD_freeCCtx(context); }

BlockEncoder::BlockEncoder(int level) : context_(ZSTD_createCCtx()) {
  if (!context_) base::out_of_memory();
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
}

void BlockEncoder::begin(std::uint64_t content_bytes) {
  ZSTD_CCtx_reset(context_.get(), ZSTD_reset_session_only);
  ZSTD_CCtx_setPledgedSrcSize(context_.get(), content_bytes);
}

base::Result<void> BlockEncoder::add(std::string_view content, bool is_last, std::string& compressed) {
  ZSTD_inBuffer in{content.data(), content.size(), 0};
  const ZSTD_EndDirective directive = is_last ? ZSTD_e_end : ZSTD_e_continue;
  while (true) {
    const std::size_t had = compressed.size();
    compressed.resize(had + std::min(kOutputStepBytes, ZSTD_compressBound(content.size())));
    ZSTD_outBuffer out{compressed.data() + had, compressed.size() - had, 0};
    const std::size_t left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
    compressed.resize(had + out.pos);
    if (ZSTD_isError(left) != 0U)
      return base::fail(base::ErrorCode::kIo, std::string("zstd: ") + ZSTD_getErrorName(left));
    if (is_last ? left == 0 : in.pos == in.size) return {};
  }
}

}  // namespace crawlspool::spool
