// Lists the sealed segments of a spool, from the oldest on, with what is known of their files. A start does not wait
// for that: the files are looked at one by one later. The committer's thread adds to the list; all else, but for
// counts(), is for the maintenance thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"
#include "daemon/spool/write/segment_facts.h"

namespace crawlspool::spool {

class SealedSegments {
 public:
  struct Counts {
    std::uint64_t segments = 0;
    std::uint64_t file_bytes = 0;
    std::uint64_t plain = 0;        // of these, the ones that are not compressed
    std::uint64_t plain_bytes = 0;  // of their content
    std::uint64_t damaged = 0;      // found without all of their content, or not to be read
  };

  // `sealed` is sorted by position; the last of them ends at `end`. `directory` outlives the object.
  SealedSegments(Directory& directory, const std::vector<SegmentName>& sealed, Position end);

  void add(Position begin, Position end);  // from the committer's thread
  [[nodiscard]] Counts counts() const;     // from any thread

  // Lists those that were added since the last call.
  void take_added();
  // Reads the size and the newest line of one file. False if all are known.
  bool look_at_one();
  [[nodiscard]] std::vector<SegmentFacts> facts() const;
  [[nodiscard]] bool contains(Position position) const;
  // Returns null if every segment is compressed.
  [[nodiscard]] const SegmentFacts* oldest_plain() const;

  // Returns what is known of the segment from now on.
  SegmentFacts set_compressed(Position position, std::uint64_t file_bytes);
  // The plain file is gone. Where a compressed copy is there it is the segment from now on; otherwise the segment is
  // gone.
  void plain_is_gone(const SegmentName& name);
  void forget(Position position);

 private:
  struct Sealed {
    SegmentFacts facts;
    bool is_known = false;  // its file has been looked at
  };

  [[nodiscard]] std::vector<Sealed>::iterator find(Position position);
  void count_damaged();
  void count();

  Directory& directory_;
  std::vector<Sealed> sealed_;  // by position; the maintenance thread's own

  mutable std::mutex mutex_;  // of all below
  std::vector<Sealed> added_;
  Counts counts_;
};

}  // namespace crawlspool::spool
