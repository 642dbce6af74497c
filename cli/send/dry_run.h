// `crawlspool send --dry-run`: judges every record as the daemon would, and sends nothing.
#pragma once

#include "cli/common/console.h"
#include "cli/common/record_source.h"
#include "config/model.h"

namespace crawlspool::cli {

struct DryRun {
  std::uint64_t records = 0;
  std::uint64_t refused = 0;   // each has been said on the console, by file and line
  bool is_incomplete = false;  // a file could not be read, which has been said, or a stop was requested
};

// Blocks until the source's end. `limits` are those of the daemon that is to take the records.
[[nodiscard]] DryRun dry_run(RecordSource& source, const config::Limits& limits, Console& console);

}  // namespace crawlspool::cli
