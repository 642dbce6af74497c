// One reader of a cursor at a time: an flock on cursors/NAME.lock, held for this object's life and given up with the
// process, however it ends. Any reader that stores a cursor takes it first. Source: FORMAT.md, "cursors/".
#pragma once

#include <string>

#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

class CursorLock {
 public:
  // Makes cursors/ and the file where they are missing. `holder` is written into it for the one who comes second, such
  // as "crawlspool, pid 12". kLocked: another reader has it, named by its own words.
  [[nodiscard]] static base::Result<CursorLock> take(Directory& spool, const std::string& name,
                                                     const std::string& holder);

  // Of a cursor that has been given up: removes its lock file, unless a reader has it. Makes nothing.
  static void remove_if_free(Directory& spool, const std::string& name);

 private:
  explicit CursorLock(base::UniqueFd fd) : fd_(std::move(fd)) {}

  base::UniqueFd fd_;
};

}  // namespace crawlspool::spool
