#include "daemon/intake/content_streams.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <limits>

#include "daemon/base/out_of_memory.h"
#include "daemon/spool/compressed/block_layout.h"

namespace crawlspool::intake {
namespace {

constexpr int kWindowLogMax = 27;  // what zstd writes without being asked for more; only what comes out is touched
constexpr std::size_t kZstdBytes = 192 * 1024;
constexpr int kGzipOnly = 16;  // added to zlib's window bits
constexpr std::size_t kZlibBytes = 48 * 1024;

class ZstdStream final : public ContentDecoder::Stream {
 public:
  ZstdStream(std::uint64_t bytes_max, Parts parts)
      : context_(ZSTD_createDCtx()), bytes_max_(bytes_max), takes_skippable_(parts == Parts::kAny) {
    if (!context_) base::out_of_memory();
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kWindowLogMax);
  }

  Progress run(std::string_view in, char* out, std::size_t room) override {
    if (!in_frame_ && !begin_frame(in)) return {0, 0, End::kBroken};
    if (claimed_ > bytes_max_ && claimed_ < ZSTD_CONTENTSIZE_ERROR) return {0, 0, End::kTooLarge};
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out, room, 0};
    const std::size_t result = ZSTD_decompressStream(context_.get(), &output, &input);
    if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation) base::out_of_memory();  // no fault of the batch
    if (ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge)
      return {input.pos, output.pos, End::kWindow};
    if (ZSTD_isError(result) != 0U) return {input.pos, output.pos, End::kBroken};
    written_ += output.pos;
    touched_ = std::max(touched_, written_);
    in_frame_ = result != 0;
    if (in_frame_) return {input.pos, output.pos, End::kNone};
    return {input.pos, output.pos, is_of_claimed_size() ? End::kPart : End::kBroken};
  }
  // The window is as large as the frame says, and memory where something was written. What a frame under way may still
  // write there counts from its start, so that many windows are not begun at once that together become too much.
  [[nodiscard]] std::size_t held_bytes() const override {
    const std::uint64_t to_come = in_frame_ ? std::min<std::uint64_t>(claimed_, bytes_max_) : 0;  // no claim is large
    return std::min<std::size_t>(ZSTD_sizeof_DCtx(context_.get()), kZstdBytes + std::max(touched_, to_come));
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  bool begin_frame(std::string_view in) {
    in_frame_ = in.starts_with(spool::kZstdMagic) || (takes_skippable_ && begins_skippable(in));
    claimed_ = ZSTD_getFrameContentSize(in.data(), in.size());
    written_ = 0;
    return in_frame_;
  }
  // Returns whether a skippable frame begins, as pzstd and seekable files have them.
  static bool begins_skippable(std::string_view in) {
    return !in.empty() && (static_cast<unsigned char>(in.front()) & 0xF0U) == 0x50 &&
           in.substr(1).starts_with("\x2A\x4D\x18");
  }
  // The library lets a frame whose last block is empty end short of the size in its header.
  [[nodiscard]] bool is_of_claimed_size() const { return claimed_ == ZSTD_CONTENTSIZE_UNKNOWN || claimed_ == written_; }

  std::unique_ptr<ZSTD_DCtx, Free> context_;
  std::uint64_t bytes_max_;
  bool takes_skippable_;
  bool in_frame_ = false;
  unsigned long long claimed_ = ZSTD_CONTENTSIZE_UNKNOWN;  // by the frame under way
  std::uint64_t written_ = 0;                              // of it
  std::uint64_t touched_ = 0;                              // of the window, which stays for the next frame
};

// Of gzip, or of zlib's own format: the two differ in their heads and checksums.
class ZlibStream final : public ContentDecoder::Stream {
 public:
  explicit ZlibStream(Encoding encoding) {
    if (inflateInit2(&stream_, MAX_WBITS + (encoding == Encoding::kGzip ? kGzipOnly : 0)) != Z_OK)
      base::out_of_memory();
  }
  ~ZlibStream() override { inflateEnd(&stream_); }
  ZlibStream(const ZlibStream&) = delete;
  ZlibStream& operator=(const ZlibStream&) = delete;

  Progress run(std::string_view in, char* out, std::size_t room) override {
    if (between_members_) {
      inflateReset(&stream_);
      between_members_ = false;
    }
    constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));  // zlib reads it only
    stream_.avail_in = static_cast<uInt>(std::min(in.size(), kMost));
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(std::min(room, kMost));
    const uInt in_before = stream_.avail_in;
    const uInt out_before = stream_.avail_out;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    if (result == Z_MEM_ERROR) base::out_of_memory();  // no fault of the body
    Progress progress{in_before - stream_.avail_in, out_before - stream_.avail_out, End::kNone};
    between_members_ = result == Z_STREAM_END;
    if (between_members_) progress.end = End::kPart;
    if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END) progress.end = End::kBroken;
    return progress;
  }
  [[nodiscard]] std::size_t held_bytes() const override { return kZlibBytes; }

 private:
  z_stream stream_{};
  bool between_members_ = false;
};

}  // namespace

std::optional<std::uint64_t> claimed_zstd_bytes(std::string_view encoded) {
  const unsigned long long claimed = ZSTD_getFrameContentSize(encoded.data(), encoded.size());
  return claimed >= ZSTD_CONTENTSIZE_ERROR ? std::nullopt : std::optional<std::uint64_t>(claimed);
}

std::unique_ptr<ContentDecoder::Stream> make_zstd_stream(std::uint64_t bytes_max, Parts parts) {
  return std::make_unique<ZstdStream>(bytes_max, parts);
}

std::unique_ptr<ContentDecoder::Stream> make_zlib_stream(Encoding encoding) {
  return std::make_unique<ZlibStream>(encoding);
}

}  // namespace crawlspool::intake
