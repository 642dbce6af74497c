// Named readers' places: up to which line of the spool a reader has everything. Kept in cursors/, one small file a
// name, replaced in one step, so that a crash leaves the old or the new one. Source: FORMAT.md, "cursors/".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// 1 to 64 of a-z, 0-9, _ and -.
[[nodiscard]] bool is_cursor_name(std::string_view name);

// Below the spool's directory.
[[nodiscard]] std::string cursor_file_name(const std::string& name);

// kNotFound: there is none of this name. kDamaged: its file does not prove itself. Makes nothing.
[[nodiscard]] base::Result<Cursor> read_cursor(Directory& spool, const std::string& name);
// Durable when it returns. Makes cursors/ if it is missing.
[[nodiscard]] base::Result<void> store_cursor(Directory& spool, const std::string& name, const Cursor& cursor);

// Durable when it returns. kNotFound: there is none of this name.
[[nodiscard]] base::Result<void> remove_cursor(Directory& spool, const std::string& name);

struct NamedCursor {
  std::string name;
  base::Result<Cursor> cursor;
};
// All there are, by name; none where there is no cursors/. Makes nothing.
[[nodiscard]] base::Result<std::vector<NamedCursor>> list_cursors(Directory& spool);

}  // namespace crawlspool::spool
