#include "proto/frame_decoder.h"

#include <algorithm>
#include <optional>

#include "daemon/base/grow_text.h"
#include "daemon/base/text.h"
#include "proto/first_bytes.h"

namespace crawlspool::proto {
namespace {

constexpr std::uint64_t kHelloBytesMax = 64 * 1024;
constexpr std::uint64_t kPingBytesMax = 256;
constexpr std::size_t kFirstPartialBytes = 4096;

// The most a payload of this type may hold; nothing for types that are not taken.
std::optional<std::uint64_t> length_max(std::uint8_t type, const FrameLimits& limits) {
  switch (static_cast<FrameType>(type)) {
    case FrameType::kRecord:
      return limits.record_bytes_max;
    case FrameType::kHello:
      return kHelloBytesMax;
    case FrameType::kBatch:
    case FrameType::kZstdBatch:
      return limits.batch_bytes_max;
    case FrameType::kPing:
    case FrameType::kPong:
      return kPingBytesMax;
    case FrameType::kBye:
      return 0;
    default:
      return std::nullopt;
  }
}

}  // namespace

void FrameDecoder::refuse(ErrorWord code, std::string detail, bool has_records) {
  refused_ = true;
  refusal_ = {code, std::move(detail), has_records};
  base::free_text(partial_);
  header_bytes_ = 0;
}

std::size_t FrameDecoder::bytes_needed() const {
  if (header_bytes_ < kFrameHeaderBytes) return kFrameHeaderBytes - header_bytes_;
  return header_.length - partial_.size();
}

// False while the header is not whole, or if it is refused.
bool FrameDecoder::take_header(std::string_view& input) {
  const std::size_t n = std::min(input.size(), kFrameHeaderBytes - header_bytes_);
  std::copy_n(input.data(), n, header_text_.data() + header_bytes_);
  header_bytes_ += n;
  input.remove_prefix(n);
  if (header_bytes_ < kFrameHeaderBytes) return false;
  header_ = decode_header({header_text_.data(), header_text_.size()});
  return header_is_legal(input);
}

bool FrameDecoder::header_is_legal(std::string_view behind) {
  const bool is_first = !any_frame_;
  any_frame_ = true;
  const auto max = length_max(header_.type, limits_);
  if (is_first) {
    const bool is_legal = max && header_.length <= *max;
    if (const auto looks_like =
            recognise_header({header_text_.data(), header_text_.size()}, behind, is_legal, limits_.record_bytes_max)) {
      refuse(ErrorWord::kWrongProtocol, std::string(*looks_like), false);
      return false;
    }
  }
  if (!max) {
    refuse(ErrorWord::kUnknownFrameType,
           "frame type " + std::to_string(header_.type) + " (" + std::string(frame_type_name(header_.type)) +
               ") is not taken",
           false);
    return false;
  }
  if (header_.length > *max) {
    refuse(ErrorWord::kFrameTooLarge,
           "a " + std::string(frame_type_name(header_.type)) + " frame of " + std::to_string(header_.length) +
               " bytes; at most " + std::to_string(*max),
           begun_records());
    return false;
  }
  return true;
}

void FrameDecoder::take_partial(std::string_view& input) {
  const std::size_t n = std::min<std::size_t>(input.size(), header_.length - partial_.size());
  base::grow_text(partial_, partial_.size() + n + kPaddingBytes, kFirstPartialBytes, header_.length + kPaddingBytes);
  partial_.append(input.data(), n);
  input.remove_prefix(n);
}

void FrameDecoder::frame_taken() {
  if (!frame_out_) return;
  frame_out_ = false;
  base::free_text(partial_);
}

std::string FrameDecoder::keep_payload(std::string_view payload) {
  if (payload.data() == partial_.data()) return std::move(partial_);
  std::string kept;
  kept.reserve(payload.size() + kPaddingBytes);
  kept = payload;
  return kept;
}

void FrameDecoder::abandon() { refuse(ErrorWord::kBadFrame, "given up", false); }

FrameDecoder::Step FrameDecoder::next(std::string_view& input, Frame& frame) {
  if (refused_) return Step::kRefused;
  frame_taken();
  if (header_bytes_ < kFrameHeaderBytes && !take_header(input)) return refused_ ? Step::kRefused : Step::kNeedMore;

  if (partial_.empty() && input.size() >= header_.length) {
    frame.payload = input.substr(0, header_.length);
    input.remove_prefix(header_.length);
  } else {
    take_partial(input);
    if (partial_.size() < header_.length) return Step::kNeedMore;
    frame.payload = partial_;
  }
  frame.type = static_cast<FrameType>(header_.type);
  frame_out_ = true;
  any_whole_frame_ = true;
  header_bytes_ = 0;
  return Step::kFrame;
}

}  // namespace crawlspool::proto
