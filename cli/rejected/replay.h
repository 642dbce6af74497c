// Sends rejected records again as they are, each in a frame of its own, and says which ones are rejected again. One
// client's records are one session: where a connection is lost, only what the server has not settled goes once more.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/common/delivery.h"
#include "cli/rejected/lines.h"

namespace crawlspool::cli {

struct ReplayTarget {
  Address server;
  std::string stream;        // empty: no label
  bool was_reached = false;  // by an earlier replay
};

struct ReplayOutcome {
  std::uint64_t stored = 0;
  std::uint64_t rejected = 0;   // again
  std::uint64_t unsettled = 0;  // perhaps sent; their verdict is not known
  bool is_complete = false;     // otherwise the reason was said
};

// Blocks until every record is settled, the server ends it, or a stop is requested. `lines` are of one client, at least
// one, and whole.
[[nodiscard]] ReplayOutcome replay(const std::vector<RejectedLine>& lines, const ReplayTarget& target,
                                   Console& console);

}  // namespace crawlspool::cli
