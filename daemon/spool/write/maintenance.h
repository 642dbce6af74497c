// Does what is to be done beside the ingest, piece by piece, on one thread: snapshots, retention, compression. Each
// piece leaves the spool as readers may find it; one that fails is dropped, logged, and tried again later. No ack
// depends on it. Source: FORMAT.md, "Segments", "Retention" and "Sessions".
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/spool/compressed/segment_compressor.h"
#include "daemon/spool/control/snapshot.h"
#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/write/retention.h"
#include "daemon/spool/write/sealed_segments.h"

namespace crawlspool::spool {

struct MaintenanceOptions {
  bool compress = false;
  std::uint64_t block_bytes_min = 8ULL * 1024 * 1024;  // of content, in a compressed segment
  std::uint64_t keep_free_bytes = 0;                   // compression leaves that much
  // So many bytes of plain segments may wait for a quiet time; fewer where the disk or the retention is small.
  std::uint64_t backlog_bytes_max = 16ULL * 1024 * 1024 * 1024;
  RetentionPolicy retention{};
};

struct MaintenanceStats {
  std::uint64_t segments = 0;       // sealed ones
  std::uint64_t segment_bytes = 0;  // of their files
  std::uint64_t uncompressed = 0;   // of these, the ones that wait to be compressed
  std::uint64_t uncompressed_bytes = 0;
  std::uint64_t damaged = 0;  // found without all of their content, or not to be read
  std::uint64_t compressed = 0;
  std::uint64_t compression_failed = 0;
  std::uint64_t removed = 0;
  std::uint64_t snapshots = 0;
};

class Maintenance {
 public:
  struct Start {
    std::string spool_id;
    std::vector<SegmentName> sealed;  // by position
    SnapshotPlaces snapshots;
    Position end = 0;            // of the sealed segments
    std::int64_t newest_us = 0;  // the newest time in the spool, wall clock
  };

  // `directory` and `clock` outlive it.
  Maintenance(Directory& directory, const MaintenanceOptions& options, const base::Clock& clock, const Start& start);

  // From the committer's thread.
  void add_sealed(Position begin, Position end) { segments_.add(begin, end); }
  void set_active_bytes(std::uint64_t bytes) { active_bytes_.store(bytes, std::memory_order_relaxed); }
  [[nodiscard]] bool wants_snapshot(Position position) const { return snapshots_.is_wanted(position); }
  void offer_snapshot(Snapshot snapshot);               // the newest one offered is written
  void set_options(const MaintenanceOptions& options);  // from the next piece of work on
  [[nodiscard]] base::Result<void> write_snapshot(const Snapshot& snapshot) { return snapshots_.write(snapshot); }

  // Does one piece of work, of some milliseconds at most. Returns false if nothing is to be done now. On the
  // maintenance thread.
  bool step();
  // Whether the last piece was compression that may go on at a quieter time. On the same thread.
  [[nodiscard]] bool can_wait() const { return can_wait_; }

  [[nodiscard]] MaintenanceStats stats() const;  // from any thread
  // Whether the wall clock may be believed where something goes because of its age. From any thread.
  [[nodiscard]] bool believes_ages() const { return believes_ages_.load(std::memory_order_relaxed); }

 private:
  struct Inbox {
    std::optional<Snapshot> snapshot;
    std::optional<MaintenanceOptions> options;
  };

  [[nodiscard]] std::optional<Snapshot> take_inbox();
  void write_offered(const Snapshot& snapshot);
  bool retain();
  bool remove(const RetentionVerdict::Removal& removal);
  [[nodiscard]] RetentionView view_for_retention();
  bool compress();
  bool begin_compression();
  [[nodiscard]] bool is_behind() const;
  void finish_compression();
  void compression_failed(Position segment, const base::Error& error);
  void add_to(std::uint64_t MaintenanceStats::*count);

  Directory& directory_;
  const base::Clock& clock_;
  const std::string spool_id_;
  SnapshotWriter snapshots_;
  SealedSegments segments_;
  std::atomic<std::uint64_t> active_bytes_{0};
  std::atomic<bool> believes_ages_{false};

  mutable std::mutex mutex_;  // of inbox_ and stats_
  Inbox inbox_;
  MaintenanceStats stats_;

  // The rest is the maintenance thread's own; options_ change under the mutex.
  MaintenanceOptions options_;
  SegmentRemoval removal_;
  ClockWatch clock_watch_;
  std::int64_t retain_at_us_ = 0;  // monotonic
  std::int64_t compress_at_us_ = 0;
  std::unique_ptr<SegmentCompressor> compressor_;  // of the segment under way
  std::int64_t compressing_since_us_ = 0;          // monotonic
  bool can_wait_ = false;
  std::optional<Position> held_logged_;  // the place of the cursor that was named last
};

}  // namespace crawlspool::spool
