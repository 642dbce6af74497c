#include "proto/frame.h"

#include "daemon/base/check.h"

namespace crawlspool::proto {

FrameHeader decode_header(std::string_view bytes) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < kFrameHeaderBytes; ++i) word = (word << 8) | static_cast<unsigned char>(bytes[i]);
  return {static_cast<std::uint8_t>(word >> 28), word & kFramePayloadBytesMax};
}

std::array<char, kFrameHeaderBytes> encode_header(FrameType type, std::size_t length) {
  CRAWLSPOOL_CHECK(length <= kFramePayloadBytesMax);
  const std::uint32_t word = static_cast<std::uint32_t>(type) << 28 | static_cast<std::uint32_t>(length);
  return {static_cast<char>(word >> 24), static_cast<char>(word >> 16), static_cast<char>(word >> 8),
          static_cast<char>(word)};
}

void append_frame(std::string& out, FrameType type, std::string_view payload) {
  const auto header = encode_header(type, payload.size());
  out.append(header.data(), header.size());
  out += payload;
}

std::string_view frame_type_name(std::uint8_t type) {
  switch (static_cast<FrameType>(type)) {
    case FrameType::kRecord:
      return "record";
    case FrameType::kHello:
      return "hello";
    case FrameType::kBatch:
      return "batch";
    case FrameType::kZstdBatch:
      return "zstd batch";
    case FrameType::kPing:
      return "ping";
    case FrameType::kPong:
      return "pong";
    case FrameType::kBye:
      return "bye";
    default:
      return "reserved";
  }
}

}  // namespace crawlspool::proto
