// Named readers' places: up to which line of the spool a reader has everything, and the lock that makes it the only
// reader of that name. Kept in cursors/, one small file a name, replaced in one step, so that a crash leaves the old or
// the new one. Source: FORMAT.md, "cursors/".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"
#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

struct Cursor {
  std::string spool_id;
  Position position = 0;              // behind the last line taken; where the next one begins
  std::uint64_t last_line_bytes = 0;  // of the last line taken, with its \n; 0: none was, or it was damaged
  std::uint32_t last_line_crc = 0;    // crc32() of all of it

  bool operator==(const Cursor&) const = default;
};

// Whether it is 1 to 64 of a-z, 0-9, _ and -.
[[nodiscard]] bool is_cursor_name(std::string_view name);

// Returns the name below the spool's directory.
[[nodiscard]] std::string cursor_file_name(const std::string& name);

// Fails with kNotFound where there is none of this name, with kDamaged where its checksum does not match. Makes
// nothing.
[[nodiscard]] base::Result<Cursor> read_cursor(Directory& spool, const std::string& name);
// The cursor is durable when it returns. Makes cursors/ if it is missing.
[[nodiscard]] base::Result<void> store_cursor(Directory& spool, const std::string& name, const Cursor& cursor);

// The removal is durable when it returns. Fails with kNotFound where there is none of this name.
[[nodiscard]] base::Result<void> remove_cursor(Directory& spool, const std::string& name);

struct NamedCursor {
  std::string name;
  base::Result<Cursor> cursor;
};
// Lists all there are, by name; none where there is no cursors/. Makes nothing.
[[nodiscard]] base::Result<std::vector<NamedCursor>> list_cursors(Directory& spool);

// Holds an flock on cursors/NAME.lock for its life; the lock goes with the process, however it ends. Any reader that
// stores a cursor takes it first.
class CursorLock {
 public:
  // Makes cursors/ and the file where they are missing, and writes `holder` into it, such as "crawlspool, pid 12", for
  // the one who comes second. Fails with kLocked where another reader has it, named by its own words.
  [[nodiscard]] static base::Result<CursorLock> take(Directory& spool, const std::string& name,
                                                     const std::string& holder);

  // Removes the lock file of a cursor that has been given up, unless a reader has it. Makes nothing.
  static void remove_if_free(Directory& spool, const std::string& name);

 private:
  explicit CursorLock(base::UniqueFd fd) : fd_(std::move(fd)) {}

  base::UniqueFd fd_;
};

}  // namespace crawlspool::spool
