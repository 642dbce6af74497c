// Makes the streams behind ContentDecoder: zstd's and zlib's decoders in one shape.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "daemon/intake/content_decoder.h"

namespace crawlspool::intake {

class ContentDecoder::Stream {
 public:
  enum class End {
    kNone,      // goes on
    kPart,      // a frame or member is over; what is left of the input may be another
    kTooLarge,  // it says itself that it is more than may come out
    kWindow,    // it needs a larger window than is given
    kBroken,    // no such content
  };
  struct Progress {
    std::size_t read = 0;
    std::size_t written = 0;
    End end = End::kNone;
  };

  Stream() = default;
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  [[nodiscard]] virtual Progress run(std::string_view in, char* out, std::size_t room) = 0;
  [[nodiscard]] virtual std::size_t held_bytes() const = 0;
};

// Returns how large the first frame says that its content is, if it does.
[[nodiscard]] std::optional<std::uint64_t> claimed_zstd_bytes(std::string_view encoded);

// `bytes_max`: of what comes out. Of any number of parts some may be skippable frames, which hold nothing of it.
[[nodiscard]] std::unique_ptr<ContentDecoder::Stream> make_zstd_stream(std::uint64_t bytes_max, Parts parts);
// Of kGzip or kZlib.
[[nodiscard]] std::unique_ptr<ContentDecoder::Stream> make_zlib_stream(Encoding encoding);

}  // namespace crawlspool::intake
