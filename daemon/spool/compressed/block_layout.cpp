#include "daemon/spool/compressed/block_layout.h"

#include <array>

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr std::size_t kDescriptorAt = kZstdMagic.size();
constexpr unsigned kSizeFlagShift = 6;
constexpr unsigned kSingleSegmentFlag = 0x20;
constexpr unsigned kReservedFlag = 0x08;
constexpr unsigned kChecksumFlag = 0x04;
constexpr unsigned kDictionaryFlags = 0x03;
constexpr unsigned kWindowLogMin = 10;
constexpr unsigned kWindowLogMax = 27;  // by default decoders take no larger window
constexpr std::size_t kInnerHeaderBytes = 3;
constexpr std::size_t kChecksumBytes = 4;
enum InnerType : unsigned { kRaw, kRepeated, kCompressed, kReserved };

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8U | static_cast<unsigned char>(bytes[i - 1]);
  return value;
}

// Returns fewer bytes than asked for at the end of the file.
Result<std::string> read_piece(ByteSource& file, std::uint64_t offset, std::size_t bytes) {
  std::string text(bytes, '\0');
  CRAWLSPOOL_TRY_AS(const auto n, file.read_at(offset, text));
  text.resize(n);
  return text;
}

Result<bool> is_block_start(ByteSource& file, std::uint64_t offset) {
  return read_piece(file, offset, kZstdMagic.size()).map([](const std::string& text) { return text == kZstdMagic; });
}

}  // namespace

std::optional<BlockHeader> parse_block_header(std::string_view text) {
  if (!text.starts_with(kZstdMagic) || text.size() <= kDescriptorAt) return std::nullopt;
  const auto descriptor = static_cast<unsigned char>(text[kDescriptorAt]);
  const unsigned size_flag = descriptor >> kSizeFlagShift;
  const bool is_single_segment = (descriptor & kSingleSegmentFlag) != 0;
  const bool has_size = size_flag != 0 || is_single_segment;
  if (!has_size || (descriptor & kChecksumFlag) == 0 || (descriptor & (kReservedFlag | kDictionaryFlags)) != 0)
    return std::nullopt;
  constexpr std::array<std::size_t, 4> kSizeFieldBytes{1, 2, 4, 8};
  const std::size_t field_at = kDescriptorAt + (is_single_segment ? 1 : 2);  // behind the window
  const std::size_t field_bytes = kSizeFieldBytes[size_flag];
  if (text.size() < field_at + field_bytes) return std::nullopt;
  const std::uint64_t field = little_endian(text.substr(field_at, field_bytes));
  return BlockHeader{field_at + field_bytes, field + (field_bytes == 2 ? 256 : 0), is_single_segment};
}

Result<std::optional<BlockHeader>> read_block_header(ByteSource& file, std::uint64_t offset) {
  return read_piece(file, offset, kBlockHeaderBytesMax).map([](const std::string& text) {
    return parse_block_header(text);
  });
}

std::string without_content_size(std::string_view text, const BlockHeader& header, std::uint64_t window_bytes) {
  unsigned window_log = kWindowLogMin;
  while (window_log < kWindowLogMax && std::uint64_t{1} << window_log < window_bytes) ++window_log;
  std::string result(kZstdMagic);
  result += static_cast<char>(kChecksumFlag);
  result += header.is_single_segment ? static_cast<char>((window_log - kWindowLogMin) << 3U) : text[kDescriptorAt + 1];
  return result;
}

Result<std::optional<std::uint64_t>> find_block_end(ByteSource& file, std::uint64_t offset, std::uint64_t file_bytes) {
  CRAWLSPOOL_TRY_AS(const auto header, read_block_header(file, offset));
  if (!header) return std::nullopt;
  std::uint64_t at = offset + header->bytes;
  for (bool is_last = false; !is_last;) {
    CRAWLSPOOL_TRY_AS(const auto text, read_piece(file, at, kInnerHeaderBytes));
    const std::uint64_t inner = little_endian(text);
    const auto type = static_cast<unsigned>(inner >> 1U & 3U);
    if (text.size() < kInnerHeaderBytes || type == kReserved) return std::nullopt;
    is_last = (inner & 1U) != 0;
    at += kInnerHeaderBytes + (type == kRepeated ? 1 : inner >> 3U);
  }
  const std::uint64_t end = at + kChecksumBytes;
  if (end == file_bytes) return end;
  if (end > file_bytes) return std::nullopt;
  CRAWLSPOOL_TRY_AS(const auto is_chained, is_block_start(file, end));
  return is_chained ? std::optional(end) : std::nullopt;
}

}  // namespace crawlspool::spool
