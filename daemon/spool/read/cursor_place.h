// Finds a cursor's place in the spool as it is now, so that a reader goes on there or learns what it has lost. Compares
// the spool's id and the last line taken, nothing else. Source: FORMAT.md, "cursors/".
#pragma once

#include <cstdint>

#include "daemon/spool/control/cursor.h"
#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {

enum class CursorState {
  kInPlace,     // what comes next is what has not been taken
  kOtherSpool,  // the spool has another id: the cursor's positions mean nothing here
  kRemoved,     // what should come next is not there any more
  kBeyondEnd,   // the spool ends before the place
  kDifferent,   // the last line taken is not what stands there
};

struct CursorPlace {
  CursorState state = CursorState::kInPlace;
  Position go_on_at = 0;             // a line's start: the cursor's position, or the nearest place there is
  std::uint64_t affected_bytes = 0;  // lost, or, of another spool, all there is; of a different line, its length
};

// Fails where the spool cannot be read at that place. It does no harm if the last line taken has been removed, or
// blanked by repair.
[[nodiscard]] base::Result<CursorPlace> find_cursor_place(Directory& directory, const std::string& spool_id,
                                                          const Cursor& cursor);

}  // namespace crawlspool::spool
