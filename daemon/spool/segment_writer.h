// Appends whole lines to the growing segment and makes them durable. Used by the committer's thread only.
// Storage errors stick: after a failed write or sync every call returns that error, and nothing is tried again on the
// file. A full disk is no such error: what was written is cut off again and the same lines may be offered later.
// Source: FORMAT.md, "Rules" 1 to 3.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "daemon/spool/file_system.h"
#include "daemon/spool/layout.h"

namespace crawlspool::spool {

class SegmentWriter {
 public:
  struct Start {
    Position begin;  // of the segment
    Position end;    // where the next line goes; everything before it is on the disk
  };

  // `directory` outlives the writer. `durable` is the durable file; it is brought up to date at once.
  [[nodiscard]] static base::Result<std::unique_ptr<SegmentWriter>> open(Directory& directory,
                                                                         std::unique_ptr<File> segment, Start start,
                                                                         std::uint64_t keep_free_bytes);

  // Writes `chunks` of whole lines, in order; the first line, `first_line_bytes` long, gets the synced mark.
  // kDiskFull: nothing of it is in the file; the same lines may be offered again.
  [[nodiscard]] base::Result<void> append(std::span<const std::string_view> chunks, std::size_t first_line_bytes);

  // What to do where the disk has no room for what was appended since the last sync.
  enum class IfFull {
    kCutBack,  // take it out of the file: it can be offered again
    kFail,     // it was promised to someone and is no longer held: an error like any other
  };

  // Makes what was appended durable and says so in the durable file. kDiskFull, with kCutBack only: what was appended
  // since the last sync is no longer in the file.
  [[nodiscard]] base::Result<void> sync(IfFull if_full = IfFull::kCutBack);

  // Proves that a write can be synced, without changing the segment.
  [[nodiscard]] base::Result<void> probe();

  // Syncs and gives the unused preallocation back.
  [[nodiscard]] base::Result<void> close();

  [[nodiscard]] Position position() const { return end_; }
  [[nodiscard]] Position durable() const { return durable_; }
  [[nodiscard]] Position segment_begin() const { return begin_; }

  // Whether `bytes` more would leave less than the keep-free mark; `margin` on top, for hysteresis.
  [[nodiscard]] bool has_room(std::uint64_t bytes, std::uint64_t margin);
  // Free for the spool: what the file system says and what is preallocated and not used.
  [[nodiscard]] std::uint64_t free_bytes();

 private:
  SegmentWriter(Directory& directory, std::unique_ptr<File> segment, std::unique_ptr<File> durable_file, Start start,
                std::uint64_t keep_free_bytes);

  base::Result<void> write_durable();
  base::Result<void> write_out(std::span<const std::string_view> parts);
  base::Result<void> cut_back_to(Position position);
  void preallocate_for(std::uint64_t bytes);
  [[nodiscard]] base::Result<void> stick(base::Error error);

  Directory& directory_;
  std::unique_ptr<File> segment_;
  std::unique_ptr<File> durable_file_;
  Position begin_;
  Position end_;
  Position durable_;
  Position allocated_end_;
  std::uint64_t keep_free_bytes_;
  std::optional<base::Error> failed_;
};

}  // namespace crawlspool::spool
