// Keeps what was refused for whoever has to fix it, in NDJSON files in rejected/; each line has the verdict and the raw
// bytes in base64. When the files together pass their limit the oldest goes. A start begins a new file, so the last
// line of an older one may be torn; each line's crc32 shows that. Used by the committer's thread only, but for
// write_rejected_line(). Source: FORMAT.md, "rejected/".
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

struct RejectedRecord {
  std::string_view code;
  std::string_view detail;
  std::optional<std::uint64_t> offset;
  std::string_view client;   // empty: none
  std::string_view session;  // its 16 hex digits; empty: none
  std::uint64_t seq;         // 0: none
  std::string_view via;
  std::string_view peer;
  std::string_view raw;           // whole; the line keeps the first kRejectedRawBytesMax
  bool is_brief = false;          // its sender has too many: the line keeps the first kRejectedBriefBytesMax
  std::string_view charset = {};  // what the record came in; empty: UTF-8
  std::string_view user = {};     // by its token or its uid; empty: none
};

inline constexpr std::size_t kRejectedRawBytesMax = 64 * 1024;
inline constexpr std::size_t kRejectedBriefBytesMax = 64;

// Returns the most bytes that the line for `record` takes.
[[nodiscard]] std::size_t rejected_line_bytes_max(const RejectedRecord& record);
// Writes the line for `record`, which had been read at `timestamp`, at `out`; returns its end.
[[nodiscard]] char* write_rejected_line(char* out, const RejectedRecord& record, std::string_view timestamp);

class RejectedLog {
 public:
  // Makes rejected/ if it is missing. `bytes_max` 0: keeps nothing.
  [[nodiscard]] static base::Result<std::unique_ptr<RejectedLog>> open(Directory& spool_directory,
                                                                       std::uint64_t bytes_max);

  // Writes whole lines, each within one part, and makes them durable. After an error that may pass none of them is
  // there, and they may be offered again.
  [[nodiscard]] base::Result<void> append_and_sync(std::span<const std::string_view> parts);

  [[nodiscard]] std::uint64_t bytes() const { return total_bytes_; }
  // The next append removes what is too much.
  void set_bytes_max(std::uint64_t bytes_max) { bytes_max_ = bytes_max; }

 private:
  struct KeptFile {
    std::string name;
    std::uint64_t bytes;
  };

  RejectedLog(std::unique_ptr<Directory> directory, std::uint64_t bytes_max)
      : directory_(std::move(directory)), bytes_max_(bytes_max) {}

  base::Result<void> take_stock();
  base::Result<void> make_room(std::uint64_t bytes);
  base::Result<void> begin_file();

  std::unique_ptr<Directory> directory_;
  std::uint64_t bytes_max_;
  std::deque<KeptFile> files_;  // oldest first; the last is the one being written if current_ is set
  std::unique_ptr<File> current_;
  std::uint64_t next_number_ = 0;
  std::uint64_t total_bytes_ = 0;
};

}  // namespace crawlspool::spool
