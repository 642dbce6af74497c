// Decompresses content, a piece at a time, within caps that hold while it runs: what comes out is never
// more than `bytes_max`, nor out of all proportion to what came in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/intake/turn_budget.h"
#include "proto/frame_decoder.h"

namespace crawlspool::intake {

enum class Encoding { kZstd, kGzip, kZlib };

// Says how many frames (zstd) or members (gzip) content may consist of.
enum class Parts { kOne, kAny };

class ContentDecoder {
 public:
  enum class Step {
    kMore,      // call again
    kDone,      // all of it is out, its checksums and lengths are right
    kTooLarge,  // more than `bytes_max`, or out of proportion
    kBroken,    // not what it should be
  };
  // Readable bytes behind the plain content, as behind a frame's payload.
  static constexpr std::size_t kPaddingBytes = proto::FrameDecoder::kPaddingBytes;

  ContentDecoder(Encoding encoding, Parts parts, std::string encoded, std::uint64_t bytes_max);
  ~ContentDecoder();
  ContentDecoder(ContentDecoder&&) noexcept;
  ContentDecoder& operator=(ContentDecoder&&) noexcept;

  // Goes on until the turn's budget is spent: at least one call of the decompressor, on pieces that bound what one call
  // can take. Anything but kMore is final.
  [[nodiscard]] Step step(TurnBudget& budget);

  // Returns whether nothing has been decompressed yet.
  [[nodiscard]] bool is_untouched() const { return read_ == 0; }
  // Returns what it says of its size, as far as that can be: never more than `bytes_max`.
  [[nodiscard]] std::uint64_t claimed_bytes() const { return claimed_bytes_; }

  // Call it after kDone, once.
  [[nodiscard]] std::string take_plain();
  // Says, after kTooLarge and kBroken, what is wrong.
  [[nodiscard]] const std::string& detail() const { return detail_; }

  // Returns the memory for what came in, what is out, and the work in between.
  [[nodiscard]] std::size_t held_bytes() const;

  // Decodes one encoding; its library stays behind this.
  class Stream;

 private:
  [[nodiscard]] Step fail(Step step, std::string detail);
  [[nodiscard]] Step run_once(TurnBudget& budget);
  [[nodiscard]] std::size_t make_room();

  std::unique_ptr<Stream> stream_;
  Parts parts_;
  std::string encoded_;
  std::size_t read_ = 0;  // of encoded_
  std::string plain_;     // what is out, and room behind it that was in use before
  std::size_t plain_bytes_ = 0;
  std::uint64_t bytes_max_;
  std::uint64_t claimed_bytes_;
  std::string detail_;
};

}  // namespace crawlspool::intake
