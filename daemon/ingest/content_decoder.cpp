#include "daemon/ingest/content_decoder.h"

#include <algorithm>
#include <utility>

#include "daemon/base/text.h"
#include "daemon/ingest/content_streams.h"

namespace crawlspool::ingest {
namespace {

// Text of any use compresses 5 to 100 times. Small content may be out of proportion: it costs nothing.
constexpr std::uint64_t kRatioMax = 1000;
constexpr std::uint64_t kAnyRatioBytes = 1024 * 1024;
constexpr std::size_t kFirstRoomBytes = 64 * 1024;

}  // namespace

ContentDecoder::ContentDecoder(Encoding encoding, Parts parts, std::string encoded, std::uint64_t bytes_max)
    : stream_(encoding == Encoding::kZstd ? make_zstd_stream(bytes_max, parts) : make_gzip_stream()),
      parts_(parts),
      encoded_(std::move(encoded)),
      bytes_max_(bytes_max) {}

ContentDecoder::~ContentDecoder() = default;
ContentDecoder::ContentDecoder(ContentDecoder&&) noexcept = default;
ContentDecoder& ContentDecoder::operator=(ContentDecoder&&) noexcept = default;

ContentDecoder::Step ContentDecoder::fail(Step step, std::string detail) {
  detail_ = std::move(detail);
  base::free_text(encoded_);
  base::free_text(plain_);
  stream_.reset();
  return step;
}

// By doubling, from a size that has to do with what came in, never with what is claimed.
void ContentDecoder::make_room(std::size_t bytes) {
  const std::size_t needed = plain_.size() + bytes + kPaddingBytes;
  if (needed <= plain_.capacity()) return;
  const std::size_t grown = std::max({needed, 2 * plain_.capacity(), 4 * encoded_.size(), kFirstRoomBytes});
  std::string larger;
  larger.reserve(std::min<std::uint64_t>(grown, std::max<std::uint64_t>(needed, bytes_max_ + kPaddingBytes)));
  larger += plain_;
  plain_.swap(larger);
}

ContentDecoder::Step ContentDecoder::step(std::size_t bytes) {
  if (encoded_.empty()) return fail(Step::kBroken, "it is empty, and even nothing is some bytes when it is compressed");
  // One byte more than may come out shows that there is more.
  const std::size_t end = static_cast<std::size_t>(std::min<std::uint64_t>(plain_.size() + bytes, bytes_max_ + 1));
  while (plain_.size() < end || read_ < encoded_.size()) {
    const std::size_t before = plain_.size();
    const std::size_t room = std::min<std::size_t>(std::max<std::size_t>(end - before, 1), kFirstRoomBytes);
    make_room(room);
    plain_.resize(before + room);
    const auto progress = stream_->run(std::string_view(encoded_).substr(read_), plain_.data() + before, room);
    plain_.resize(before + progress.written);
    read_ += progress.read;
    if (progress.end == Stream::End::kBroken) return fail(Step::kBroken, "it does not decompress");
    if (progress.end == Stream::End::kWindow)
      return fail(Step::kTooLarge,
                  "its window is over 128 MiB; compress it without --ultra and with --long=27 at most");
    if (progress.end == Stream::End::kTooLarge || plain_.size() > bytes_max_)
      return fail(Step::kTooLarge, "it decompresses to more than " + std::to_string(bytes_max_) + " bytes");
    if (plain_.size() > kAnyRatioBytes && plain_.size() / kRatioMax > encoded_.size())
      return fail(Step::kTooLarge, "it decompresses to more than " + std::to_string(kRatioMax) + " times its size");
    if (progress.end == Stream::End::kPart) {
      if (read_ == encoded_.size()) return Step::kDone;
      if (parts_ == Parts::kOne) return fail(Step::kBroken, "something is behind its end");
    } else if (progress.read == 0 && progress.written == 0) {
      return fail(Step::kBroken, "its end is missing");
    }
    if (plain_.size() >= end) return Step::kMore;
  }
  return fail(Step::kBroken, "its end is missing");
}

std::string ContentDecoder::take_plain() {
  base::free_text(encoded_);
  stream_.reset();
  return std::move(plain_);
}

std::size_t ContentDecoder::held_bytes() const {
  return encoded_.capacity() + plain_.capacity() + (stream_ ? stream_->held_bytes() : 0);
}

}  // namespace crawlspool::ingest
