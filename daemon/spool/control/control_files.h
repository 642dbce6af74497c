// The small files beside the segments, looked at without changing anything: what each says, and what is wrong with it.
// May be called beside a running daemon. Source: FORMAT.md, "Files".
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
  base::ErrorCode code;  // kDamaged: it does not prove itself. kNotFound. kConfig: it proves itself, for another spool.
                         // Any other: it cannot be read
};

struct ControlFiles {
  // By spool.json; where that does not tell, by what the snapshots and cursors say that prove themselves.
  std::optional<std::string> spool_id;
  std::optional<Position> durable;   // nothing where the file is missing, too
  std::optional<Position> snapshot;  // of the newest that proves itself
  std::vector<NamedCursor> cursors;
  std::vector<ControlTrouble> troubles;
};

// Fails where the directory cannot be read, and with kConfig where spool.json is of a format that is not known.
[[nodiscard]] base::Result<ControlFiles> read_control_files(Directory& directory);

}  // namespace crawlspool::spool
