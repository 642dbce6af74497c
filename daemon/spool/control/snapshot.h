// Snapshots, from which recovery begins: the sessions' numbers as they were at a position that was on the disk. Two are
// kept, so that one is there while the next is written; a reader takes the newer sound one.
// Source: FORMAT.md, "Sessions".
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/spool/control/inventory.h"
#include "daemon/spool/lines/sessions.h"
#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

struct Snapshot {
  Position position = 0;        // the sessions hold what lies before it, which is synced
  std::int64_t created_us = 0;  // wall clock
  SessionTable sessions;
};

// Holds the positions of the two files, where they are there and sound.
struct SnapshotPlaces {
  std::optional<Position> current;
  std::optional<Position> previous;
};

struct SnapshotSearch {
  std::optional<Snapshot> newest;  // the newest one that is sound and this spool's
  SnapshotPlaces places;
  std::vector<UnusableFile> unusable;
  std::optional<base::Error> failed;  // a file could not be read, and may be the newest
};
[[nodiscard]] SnapshotSearch find_snapshot(Directory& directory, const std::string& spool_id);

// Writes snapshots, from any thread. One that fails is dropped; the ones before stay.
class SnapshotWriter {
 public:
  // `directory` outlives it.
  SnapshotWriter(Directory& directory, std::string spool_id, const SnapshotPlaces& places)
      : directory_(directory), spool_id_(std::move(spool_id)), places_(places) {}

  // The snapshot is durable when it returns. One older than the current one, or of an empty spool, is skipped.
  [[nodiscard]] base::Result<void> write(const Snapshot& snapshot);

  // Whether one at `position` would say more than the two that are there.
  [[nodiscard]] bool is_wanted(Position position) const;
  // Returns the position from which on nothing may be removed, since recovery may begin there; 0 before there are two
  // snapshots.
  [[nodiscard]] Position needed_from() const;

 private:
  Directory& directory_;
  const std::string spool_id_;
  mutable std::mutex mutex_;
  SnapshotPlaces places_;
};

}  // namespace crawlspool::spool
