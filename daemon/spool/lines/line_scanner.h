// Splits a segment into lines, in order, for recovery and for readers: at byte 0x0A and nowhere else. It does not check
// lines, but it notices what can be none: a stretch longer than any line, or some MiB with a NUL byte, which JSON never
// has. Such a stretch is handed out in pieces, so that no damage fills the memory. Owns its buffer, which grows to the
// longest line met.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

// Holds a record of 2^28 bytes, the most that can be configured, and what is around it.
inline constexpr std::uint64_t kLineBytesMax = (1ULL << 28U) + 64 * 1024;

struct ScannedLine {
  std::uint64_t offset;    // of its first byte in the source
  std::string_view bytes;  // with the \n, if it has one; valid until the next call
  bool is_whole;           // false only for what is behind the last \n and may still become a line
  bool is_piece = false;   // part of what is too long for a line, and so no line whatever it looks like
};

class LineScanner {
 public:
  // Reads `source` from `offset` on; it outlives the scanner.
  explicit LineScanner(ByteSource& source, std::uint64_t offset = 0, std::uint64_t line_bytes_max = kLineBytesMax)
      : source_(source), line_bytes_max_(line_bytes_max), offset_(offset), fill_offset_(offset) {}

  // Returns the next line, or nothing at the end. It may be called again when the file has grown: what was handed out
  // as not whole is then read once more.
  [[nodiscard]] base::Result<std::optional<ScannedLine>> next();

 private:
  [[nodiscard]] base::Result<bool> fill();  // false at the file's end

  [[nodiscard]] bool can_become_line();
  [[nodiscard]] ScannedLine take(std::size_t bytes);

  ByteSource& source_;
  std::uint64_t line_bytes_max_;
  std::string buffer_;
  std::size_t begin_ = 0;      // of the unread part of buffer_
  std::size_t searched_ = 0;   // bytes of the unread part known to hold no \n
  bool has_nul_ = false;       // among these
  bool in_pieces_ = false;     // the unread part begins within a stretch that is handed out in pieces
  std::uint64_t offset_;       // in the file, of buffer_[begin_]
  std::uint64_t fill_offset_;  // in the file, of what is read next
};

}  // namespace crawlspool::spool
