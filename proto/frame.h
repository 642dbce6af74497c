// The frame header: 4 bytes, big-endian; the top 4 bits are the type, the low 28 the payload's length in bytes.
// Source: PROTOCOL.md, "Frame".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace crawlspool::proto {

inline constexpr std::size_t kFrameHeaderBytes = 4;
inline constexpr std::uint32_t kFramePayloadBytesMax = (1U << 28) - 1;

// The values are those on the wire.
enum class FrameType : std::uint8_t {
  kRecord = 0,
  kHello = 1,
  kBatch = 2,
  kZstdBatch = 3,
  kPing = 4,
  kPong = 5,
  kBye = 6,
  kFirstReserved = 7,  // this one and all above
};

[[nodiscard]] constexpr bool carries_records(std::uint8_t type) {
  return type == static_cast<std::uint8_t>(FrameType::kRecord) ||
         type == static_cast<std::uint8_t>(FrameType::kBatch) ||
         type == static_cast<std::uint8_t>(FrameType::kZstdBatch);
}

struct FrameHeader {
  std::uint8_t type;  // 0 to 15, reserved ones too
  std::uint32_t length;
};

[[nodiscard]] FrameHeader decode_header(std::string_view bytes);  // reads the first kFrameHeaderBytes
[[nodiscard]] std::array<char, kFrameHeaderBytes> encode_header(FrameType type, std::size_t length);

// Appends header and payload. The payload is at most kFramePayloadBytesMax long.
void append_frame(std::string& out, FrameType type, std::string_view payload);

// "record", "hello", …; "reserved" for the others.
[[nodiscard]] std::string_view frame_type_name(std::uint8_t type);

}  // namespace crawlspool::proto
