// Reads what the blocks of a compressed segment show without being decoded. A block is one zstd frame; what zstd itself
// calls the blocks of a frame are inner blocks here. Source: RFC 8878, 3.1.1; FORMAT.md, "Compressed segments".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

inline constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";
inline constexpr std::size_t kBlockHeaderBytesMax = 18;
// A block holds at least the compressor's block_bytes_min and at most that and the longest line.
inline constexpr std::uint64_t kBlockContentBytesMax = 512ULL * 1024 * 1024;

struct BlockHeader {
  std::size_t bytes;
  std::uint64_t content_bytes;  // what the header claims
  bool is_single_segment;       // it names no window: the content is the window
};

// Returns nothing unless `text` begins with a header as the compressor writes them: with content size, which may be
// anything, and checksum, without dictionary.
[[nodiscard]] std::optional<BlockHeader> parse_block_header(std::string_view text);

// Reads the header that begins at `offset`; nothing as above.
[[nodiscard]] base::Result<std::optional<BlockHeader>> read_block_header(ByteSource& file, std::uint64_t offset);

// Returns the header that `text` begins with, less the size of the content: a decoder then takes as much as there is,
// and the checksum decides. A block without a window gets one of `window_bytes` or a little more.
[[nodiscard]] std::string without_content_size(std::string_view text, const BlockHeader& header,
                                               std::uint64_t window_bytes);

// Follows the chain of inner blocks to where the block at `offset` ends, whatever they hold. Returns nothing unless the
// chain leads to the end of the file, which is `file_bytes` long, or to the next block.
[[nodiscard]] base::Result<std::optional<std::uint64_t>> find_block_end(ByteSource& file, std::uint64_t offset,
                                                                        std::uint64_t file_bytes);

}  // namespace crawlspool::spool
