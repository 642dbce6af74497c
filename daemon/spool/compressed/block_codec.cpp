#include "daemon/spool/compressed/block_codec.h"

#include <zstd.h>

#include <algorithm>

#include "daemon/base/out_of_memory.h"
#include "daemon/spool/compressed/block_layout.h"

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr std::size_t kOutputStepBytes = 64 * 1024;
constexpr std::uint64_t kReadBytes = 1024 * 1024;
// A block whose content is its window claims its size in its header only. Up to level 19 it is not larger than this,
// whatever the header says.
constexpr std::uint64_t kWindowBytesLikely = 8 * 1024 * 1024;

// The decoder asks for an inner block and the header of the next one. It is given the inner block alone: a call that
// fails says nothing of what it decoded before.
constexpr std::size_t kNextHeaderBytes = 3;
std::size_t without_next_header(std::size_t wanted) {
  return wanted > kNextHeaderBytes ? wanted - kNextHeaderBytes : wanted;
}

}  // namespace

void FreeContext::operator()(ZSTD_CCtx_s* context) const noexcept { ZSTD_freeCCtx(context); }
void FreeContext::operator()(ZSTD_DCtx_s* context) const noexcept { ZSTD_freeDCtx(context); }

BlockEncoder::BlockEncoder(int level) : context_(ZSTD_createCCtx()) {
  if (!context_) base::out_of_memory();
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
}

void BlockEncoder::begin(std::uint64_t content_bytes) {
  ZSTD_CCtx_reset(context_.get(), ZSTD_reset_session_only);
  ZSTD_CCtx_setPledgedSrcSize(context_.get(), content_bytes);
}

Result<void> BlockEncoder::add(std::string_view content, bool is_last, std::string& compressed) {
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

BlockDecoder::BlockDecoder(ByteSource& file) : file_(file) {}

// Returns `bytes` of the file from `offset` on, fewer at `end` or where the file ends.
Result<std::string_view> BlockDecoder::input(std::uint64_t offset, std::uint64_t bytes, std::uint64_t end) {
  bytes = std::min(bytes, end - std::min(offset, end));
  if (offset < input_offset_ || offset + bytes > input_offset_ + input_.size()) {
    input_.resize(std::max(bytes, std::min(kReadBytes, end - std::min(offset, end))));
    const auto n = file_.read_at(offset, input_);
    input_.resize(n.value_or(0));
    input_offset_ = offset;
    if (!n) return tl::unexpected(n.error());
  }
  return std::string_view(input_).substr(offset - input_offset_, bytes);
}

// Returns false where there is no header that can be used. `wanted`: what the decoder asks for next.
Result<bool> BlockDecoder::feed_header(const Request& request, DecodedBlock& block, std::size_t& wanted) {
  CRAWLSPOOL_TRY_AS(const auto text, input(request.offset, kBlockHeaderBytesMax, request.end));
  const auto header = parse_block_header(text);
  if (!header) return false;
  const std::uint64_t window = std::max(header->content_bytes, kWindowBytesLikely);
  const std::string bytes = without_content_size(text, *header, std::min(window, request.content_bytes_max));
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  ZSTD_outBuffer out{nullptr, 0, 0};
  wanted = ZSTD_decompressStream(context_.get(), &out, &in);
  block.file_bytes = header->bytes;
  return ZSTD_isError(wanted) == 0U && in.pos == in.size;
}

Result<DecodedBlock> BlockDecoder::decode(const Request& request, std::string* content) {
  if (!context_) context_.reset(ZSTD_createDCtx());  // where the index is good none is needed
  if (!context_) base::out_of_memory();
  ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
  if (content != nullptr) content->clear();
  DecodedBlock block;
  std::size_t wanted = 0;
  CRAWLSPOOL_TRY_AS(const auto begun, feed_header(request, block, wanted));
  while (begun && wanted > 0) {
    CRAWLSPOOL_TRY_AS(const auto bytes,
                      input(request.offset + block.file_bytes, without_next_header(wanted), request.end));
    const std::uint64_t room =
        std::min<std::uint64_t>(ZSTD_BLOCKSIZE_MAX, request.content_bytes_max - block.content_bytes);
    std::string& into = content != nullptr ? *content : scratch_;
    const std::size_t into_at = content != nullptr ? content->size() : 0;
    into.resize(into_at + room);
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    ZSTD_outBuffer out{into.data() + into_at, room, 0};
    wanted = ZSTD_decompressStream(context_.get(), &out, &in);
    into.resize(into_at + out.pos);
    block.content_bytes += out.pos;
    if (ZSTD_isError(wanted) != 0U || (in.pos == 0 && out.pos == 0)) return block;
    block.file_bytes += in.pos;
  }
  block.is_sound = begun;
  return block;
}

}  // namespace crawlspool::spool
