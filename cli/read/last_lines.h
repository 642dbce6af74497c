// Where the last lines of a spool begin, counting only those that are wanted.
#pragma once

#include "cli/read/line_filter.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::cli {

// The position of the last of `lines` wanted lines from the end, or the first place to look if there are fewer; never
// before `not_before`, a line's start. Looks back in growing steps and reads each line once; a requested stop ends the
// search early.
[[nodiscard]] base::Result<spool::Position> find_last_lines(spool::Directory& directory, const LineFilter& filter,
                                                            std::uint64_t lines, spool::Position not_before);

}  // namespace crawlspool::cli
