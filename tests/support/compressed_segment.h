// A small segment, compressed, on a forgetful disk: its content, its blocks, and what a reader of it must and may see.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/spool/compressed/compressed_source.h"
#include "daemon/spool/compressed/segment_compressor.h"
#include "daemon/spool/lines/line.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::test {

[[nodiscard]] inline std::string file_of(spool::Position position, spool::SegmentKind kind) {
  return spool::segment_file_name({position, kind});
}

// `lines` sound ones, of different lengths.
[[nodiscard]] inline std::string some_lines(std::uint64_t lines, std::size_t record_bytes = 40) {
  std::string content;
  for (std::uint64_t seq = 1; seq <= lines; ++seq)
    content += spool_line(seq, "\"" + std::string(record_bytes + seq % 7, static_cast<char>('a' + seq % 26)) + "\"");
  return content;
}

[[nodiscard]] inline spool::CompressionOptions small_blocks(std::uint64_t block_bytes_min) {
  spool::CompressionOptions options;
  options.block_bytes_min = block_bytes_min;
  return options;
}

[[nodiscard]] inline std::string read_whole(spool::ByteSource& source, std::size_t step) {
  std::string content;
  while (true) {
    std::string piece(step, '?');
    const auto n = source.read_at(content.size(), piece);
    if (!n || *n == 0) return content;
    content.append(piece, 0, *n);
  }
}

// The offset of each sound line.
[[nodiscard]] inline std::vector<std::size_t> sound_offsets(std::string_view content) {
  std::vector<std::size_t> offsets;
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t end = content.find('\n', at);
    const std::string_view line = content.substr(at, end == std::string_view::npos ? end : end + 1 - at);
    if (spool::check_line(line)) offsets.push_back(at);
    at += line.size();
  }
  return offsets;
}

}  // namespace crawlspool::test
