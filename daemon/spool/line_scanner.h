// Reads a segment line by line, in order, for recovery and for readers. Splits at byte 0x0A and at nothing else;
// judges nothing. Owns its buffer, which grows to the longest line met.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/spool/file_system.h"

namespace crawlspool::spool {

struct ScannedLine {
  std::uint64_t offset;    // of its first byte in the source
  std::string_view bytes;  // with the \n, if it has one; valid until the next call
  bool is_whole;           // ends with \n; false only for what is behind the last one
};

class LineScanner {
 public:
  // Reads `source` from `offset` on; it outlives the scanner.
  explicit LineScanner(ByteSource& source, std::uint64_t offset = 0)
      : source_(source), offset_(offset), fill_offset_(offset) {}

  // The next line, or nothing at the end. After the end it may be called again, when the file has grown: what was
  // handed out as not whole is then read once more.
  [[nodiscard]] base::Result<std::optional<ScannedLine>> next();

 private:
  [[nodiscard]] base::Result<bool> fill();  // false at the file's end

  ByteSource& source_;
  std::string buffer_;
  std::size_t begin_ = 0;      // of the unread part of buffer_
  std::size_t searched_ = 0;   // bytes of the unread part known to hold no \n
  std::uint64_t offset_;       // in the file, of buffer_[begin_]
  std::uint64_t fill_offset_;  // in the file, of what is read next
};

}  // namespace crawlspool::spool
