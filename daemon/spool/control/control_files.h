// Reads the small files beside the segments: what each says, and what is wrong with it. Changes nothing, and may be
// called beside a running daemon. Source: FORMAT.md, "Files".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/spool/control/cursor.h"
#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

enum class ControlFile { kIdentity, kDurable, kSnapshot, kCursor };

struct ControlTrouble {
  ControlFile kind;
  std::string file;  // below the spool's directory
  std::string why;
  base::ErrorCode code;  // kDamaged: checksum mismatch. kNotFound. kConfig: it is sound and belongs to another spool.
                         // Any other: it cannot be read
};

struct ControlFiles {
  // Comes from spool.json or, where that does not say, from a sound snapshot or cursor.
  std::optional<std::string> spool_id;
  std::optional<Position> durable;   // nothing where the file is missing, too
  std::optional<Position> snapshot;  // of the newest sound one
  std::vector<NamedCursor> cursors;
  std::vector<ControlTrouble> troubles;
};

// Fails where the directory cannot be read, and with kConfig where spool.json is of a format that is not known.
[[nodiscard]] base::Result<ControlFiles> read_control_files(Directory& directory);

}  // namespace crawlspool::spool
