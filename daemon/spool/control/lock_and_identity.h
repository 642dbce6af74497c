// Makes a directory a spool that is ours alone: takes its lock, and reads or writes spool.json, which has the format's
// version and the spool's id. Source: FORMAT.md, "Files".
#pragma once

#include <optional>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

// Returns the spool's id, 32 hex digits. Takes the lock for the directory object's life (kLocked names the holder) and
// makes spool.json in a new spool. Fails with kConfig, and touches nothing, where the format is newer than ours; with
// kDamaged where spool.json cannot be parsed.
[[nodiscard]] base::Result<std::string> claim_spool(Directory& directory, const base::Clock& clock);

// Returns the id of an existing spool without taking the lock: for readers. Fails with kNotFound where there is no
// spool.json.
[[nodiscard]] base::Result<std::string> read_spool_id(Directory& directory);

// Replaces spool.json, with a new id where none is given. Returns the id.
[[nodiscard]] base::Result<std::string> write_spool_id(Directory& directory, const base::Clock& clock,
                                                       const std::optional<std::string>& given);

}  // namespace crawlspool::spool
