// What makes a directory a spool that is ours alone: the lock, and spool.json with the format's version and the
// spool's id. Source: FORMAT.md, "Files".
#pragma once

#include <optional>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

// The spool's id, 32 hex digits. Takes the lock for the directory object's life (kLocked names the holder); makes
// spool.json in a new spool. A format newer than ours is kConfig, and nothing is touched; a spool.json that does not
// read is kDamaged.
[[nodiscard]] base::Result<std::string> claim_spool(Directory& directory, const base::Clock& clock);

// The id of an existing spool, without taking anything: for readers. kNotFound where there is no spool.json.
[[nodiscard]] base::Result<std::string> read_spool_id(Directory& directory);

// Replaces spool.json; without a given id by one that is new. The id.
[[nodiscard]] base::Result<std::string> write_spool_id(Directory& directory, const base::Clock& clock,
                                                       const std::optional<std::string>& given);

}  // namespace crawlspool::spool
