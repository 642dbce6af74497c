// Lists what a start finds in a spool directory: its segments, one a position, and what does not belong there. Removes
// what a crash left half made. Source: FORMAT.md, "Files".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

struct UnusableFile {
  std::string name;
  std::string why;
};

struct Inventory {
  std::vector<SegmentName> sealed;    // by position; compressed or not
  std::vector<SegmentName> unsealed;  // have the name of an active segment and are not the last
  std::optional<SegmentName> active;  // the last segment, if it is not sealed
  std::vector<UnusableFile> skipped;  // links, directories and foreign files: reported, never touched
};

// Returns why an entry of the directory is none of the spool's, or of the wrong kind; nothing if it is fine.
[[nodiscard]] std::optional<std::string> objection(const DirectoryEntry& entry);
// Whether it is one of the spool's files half made: by the daemon that runs, or left by a crash.
[[nodiscard]] bool is_temporary(const DirectoryEntry& entry);

// Fails (kPermission) where a link, or what is no regular file, has an active segment's name.
// Removes temporary files, plain segments whose compressed copy is there, and indexes of segments that are gone. The
// directory is not synced: what comes back after a crash is removed again.
[[nodiscard]] base::Result<Inventory> take_inventory(Directory& directory);

}  // namespace crawlspool::spool
