#include "daemon/intake/content_decoder.h"

#include <algorithm>
#include <utility>

#include "daemon/base/text.h"
#include "daemon/intake/content_streams.h"

namespace crawlspool::intake {
namespace {

// Text of any use compresses 5 to 100 times. Small content may be out of proportion: it costs nothing.
constexpr std::uint64_t kRatioMax = 1000;
constexpr std::uint64_t kAnyRatioBytes = 1024 * 1024;
constexpr std::size_t kFirstRoomBytes = 64 * 1024;
// A frame may be millions of empty blocks, and nothing comes out: what one call may read bounds it too.
constexpr std::size_t kInputBytesMax = 32 * 1024;

// Content that does not say how large it is, of all of its parts, may be as large as its proportion lets it.
std::uint64_t most_it_may_be(Encoding encoding, Parts parts, std::string_view encoded) {
  const std::uint64_t most = std::max<std::uint64_t>(kAnyRatioBytes, encoded.size() * kRatioMax);
  const bool says = encoding == Encoding::kZstd && parts == Parts::kOne;
  return says ? claimed_zstd_bytes(encoded).value_or(most) : most;
}

}  // namespace

ContentDecoder::ContentDecoder(Encoding encoding, Parts parts, std::string encoded, std::uint64_t bytes_max)
    : stream_(encoding == Encoding::kZstd ? make_zstd_stream(bytes_max, parts) : make_zlib_stream(encoding)),
      parts_(parts),
      encoded_(std::move(encoded)),
      bytes_max_(bytes_max),
      claimed_bytes_(std::min(bytes_max, most_it_may_be(encoding, parts, encoded_))) {}

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

// Makes room for one call's output. Memory grows by doubling, from a size that has to do with what came in, never with
// what is claimed. The room is filled with zeros once, however many calls leave it unused.
std::size_t ContentDecoder::make_room() {
  // One byte more than may come out shows that there is more.
  const std::uint64_t left = bytes_max_ + 1 - plain_bytes_;
  const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(left, kFirstRoomBytes));
  const std::size_t needed = plain_bytes_ + room + kPaddingBytes;
  if (needed > plain_.capacity()) {
    const std::size_t grown = std::max({needed, 2 * plain_.capacity(), 4 * encoded_.size(), kFirstRoomBytes});
    std::string larger;
    larger.reserve(std::min<std::uint64_t>(grown, std::max<std::uint64_t>(needed, bytes_max_ + kPaddingBytes)));
    larger.assign(plain_, 0, plain_bytes_);
    plain_.swap(larger);
  }
  if (plain_.size() < plain_bytes_ + room) plain_.resize(plain_bytes_ + room);
  return room;
}

ContentDecoder::Step ContentDecoder::step(TurnBudget& budget) {
  if (encoded_.empty()) return fail(Step::kBroken, "it is empty, and even nothing is some bytes when it is compressed");
  Step step = Step::kMore;
  do step = run_once(budget);
  while (step == Step::kMore && !budget.is_spent());
  return step;
}

ContentDecoder::Step ContentDecoder::run_once(TurnBudget& budget) {
  if (read_ == 0) budget.count_decoder_start();
  const std::size_t room = make_room();
  const auto progress =
      stream_->run(std::string_view(encoded_).substr(read_, kInputBytesMax), plain_.data() + plain_bytes_, room);
  plain_bytes_ += progress.written;
  read_ += progress.read;
  budget.count_decoder_call(progress.read, progress.written);
  if (progress.end == Stream::End::kBroken) return fail(Step::kBroken, "it does not decompress");
  if (progress.end == Stream::End::kWindow)
    return fail(Step::kTooLarge, "its window is over 128 MiB; compress it without --ultra and with --long=27 at most");
  if (progress.end == Stream::End::kTooLarge || plain_bytes_ > bytes_max_)
    return fail(Step::kTooLarge, "it decompresses to more than " + std::to_string(bytes_max_) + " bytes");
  if (plain_bytes_ > kAnyRatioBytes && plain_bytes_ / kRatioMax > encoded_.size())
    return fail(Step::kTooLarge, "it decompresses to more than " + std::to_string(kRatioMax) + " times its size");
  if (progress.end == Stream::End::kPart) {
    if (read_ == encoded_.size()) return Step::kDone;
    if (parts_ == Parts::kOne) return fail(Step::kBroken, "something is behind its end");
  } else if (progress.read == 0 && progress.written == 0) {
    return fail(Step::kBroken, "its end is missing");
  }
  return Step::kMore;
}

std::string ContentDecoder::take_plain() {
  base::free_text(encoded_);
  stream_.reset();
  plain_.resize(plain_bytes_);
  return std::move(plain_);
}

std::size_t ContentDecoder::held_bytes() const {
  return encoded_.capacity() + plain_.size() + (stream_ ? stream_->held_bytes() : 0);
}

}  // namespace crawlspool::intake
