// Appends whole lines to one segment and syncs it. Owns the segment's file. Used by the committer's thread only. Each
// call says what an error leaves behind; the spool sees to it that errors stick (spool.h).
// Source: FORMAT.md, "Rules" 1 to 3.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

class SegmentWriter {
 public:
  struct Start {
    Position begin;  // of the segment
    Position end;    // where the next line goes; everything before it is on the disk
  };
  struct Limits {
    std::uint64_t keep_free_bytes = 0;
    std::uint64_t segment_bytes_max = 0;  // what to expect, for preallocation only; 0: no limit
  };

  // `directory` outlives the writer.
  SegmentWriter(Directory& directory, std::unique_ptr<File> segment, Start start, const Limits& limits);

  // Writes `chunks` of whole lines, in order; the first line, `first_line_bytes` long, gets the mark that all before
  // `synced` is on the disk. Returns how many bytes of `chunks` are in the file: whole lines, fewer than offered where
  // the disk ran full on the way. After an error that may pass none of them is there; after any other the file's end is
  // not known.
  [[nodiscard]] base::Result<std::size_t> append(std::span<const std::string_view> chunks, std::size_t first_line_bytes,
                                                 Position synced);

  // Calls fdatasync; fails too if somebody has removed the file. After an error nothing is known of what was appended
  // since the last sync that succeeded.
  [[nodiscard]] base::Result<void> sync();

  // Cuts off what is behind `position`, durably, so that the same lines can be written again.
  [[nodiscard]] base::Result<void> cut_back_to(Position position);

  // Gives the unused preallocation back and makes that durable.
  [[nodiscard]] base::Result<void> trim();

  void set_limits(const Limits& limits) { limits_ = limits; }

  [[nodiscard]] Position begin() const { return begin_; }
  [[nodiscard]] Position end() const { return end_; }

  // Whether `bytes` more would leave less than the keep-free mark.
  [[nodiscard]] bool has_room(std::uint64_t bytes) const;
  [[nodiscard]] std::uint64_t unused_preallocation() const { return allocated_end_ > end_ ? allocated_end_ - end_ : 0; }

 private:
  void preallocate_for(std::uint64_t bytes);
  [[nodiscard]] base::Result<std::uint64_t> keep_whole_lines(std::span<const std::string_view> parts);

  Directory& directory_;
  std::unique_ptr<File> segment_;
  Position begin_;
  Position end_;
  Position allocated_end_;
  Limits limits_;
};

}  // namespace crawlspool::spool
