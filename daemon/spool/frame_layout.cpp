#include "daemon/spool/frame_layout.h"

#include <array>

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr std::size_t kBlockHeaderBytes = 3;
constexpr std::size_t kChecksumBytes = 4;
enum BlockType : unsigned { kRaw, kRepeated, kCompressed, kReserved };

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8U | static_cast<unsigned char>(bytes[i - 1]);
  return value;
}

// Fewer bytes than asked at the end of the file.
Result<std::string> read_piece(ByteSource& file, std::uint64_t offset, std::size_t bytes) {
  std::string text(bytes, '\0');
  const auto n = file.read_at(offset, text);
  if (!n) return tl::unexpected(n.error());
  text.resize(*n);
  return text;
}

Result<bool> is_frame_start(ByteSource& file, std::uint64_t offset) {
  return read_piece(file, offset, kFrameMagic.size()).map([](const std::string& text) { return text == kFrameMagic; });
}

}  // namespace

std::optional<FrameHeader> parse_frame_header(std::string_view text) {
  constexpr std::size_t kDescriptorAt = kFrameMagic.size();
  if (!text.starts_with(kFrameMagic) || text.size() <= kDescriptorAt) return std::nullopt;
  const auto descriptor = static_cast<unsigned char>(text[kDescriptorAt]);
  const unsigned size_flag = descriptor >> 6U;
  const bool is_single_segment = (descriptor & 0x20U) != 0;
  const bool is_reserved_set = (descriptor & 0x08U) != 0;
  const bool has_checksum = (descriptor & 0x04U) != 0;
  const bool has_dictionary = (descriptor & 0x03U) != 0;
  const bool has_size = size_flag != 0 || is_single_segment;
  if (is_reserved_set || !has_checksum || has_dictionary || !has_size) return std::nullopt;

  constexpr std::array<std::size_t, 4> kSizeFieldBytes{1, 2, 4, 8};
  FrameHeader header{};
  header.content_field_at = kDescriptorAt + 1 + (is_single_segment ? 0 : 1);  // behind the window descriptor
  header.content_field_bytes = kSizeFieldBytes[size_flag];
  header.content_field_bias = header.content_field_bytes == 2 ? 256 : 0;
  header.bytes = header.content_field_at + header.content_field_bytes;
  if (text.size() < header.bytes) return std::nullopt;
  const std::uint64_t field = little_endian(text.substr(header.content_field_at, header.content_field_bytes));
  header.content_bytes = field + header.content_field_bias;
  return header;
}

Result<std::optional<FrameHeader>> read_frame_header(ByteSource& file, std::uint64_t offset) {
  return read_piece(file, offset, kFrameHeaderBytesMax).map([](const std::string& text) {
    return parse_frame_header(text);
  });
}

void set_content_bytes(std::string& text, const FrameHeader& header, std::uint64_t content_bytes) {
  if (content_bytes < header.content_field_bias) return;
  std::uint64_t field = content_bytes - header.content_field_bias;
  if (header.content_field_bytes < sizeof(field) && field >> (8 * header.content_field_bytes) != 0) return;
  for (std::size_t i = 0; i < header.content_field_bytes; ++i, field >>= 8U)
    text[header.content_field_at + i] = static_cast<char>(field & 0xFFU);
}

Result<std::optional<std::uint64_t>> find_frame_end(ByteSource& file, std::uint64_t offset, std::uint64_t file_bytes) {
  const auto header = read_frame_header(file, offset);
  if (!header) return tl::unexpected(header.error());
  if (!*header) return std::nullopt;
  std::uint64_t at = offset + (*header)->bytes;
  for (bool is_last = false; !is_last;) {
    const auto text = read_piece(file, at, kBlockHeaderBytes);
    if (!text) return tl::unexpected(text.error());
    const std::uint64_t block = little_endian(*text);
    const auto type = static_cast<unsigned>(block >> 1U & 3U);
    if (text->size() < kBlockHeaderBytes || type == kReserved) return std::nullopt;
    is_last = (block & 1U) != 0;
    at += kBlockHeaderBytes + (type == kRepeated ? 1 : block >> 3U);
  }
  const std::uint64_t end = at + kChecksumBytes;
  if (end == file_bytes) return end;
  if (end > file_bytes) return std::nullopt;
  const auto is_chained = is_frame_start(file, end);
  if (!is_chained) return tl::unexpected(is_chained.error());
  return *is_chained ? std::optional(end) : std::nullopt;
}

}  // namespace crawlspool::spool
