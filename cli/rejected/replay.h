// Sends rejected records again as they are, each in a frame of its own and in the charset that it came in, and says
// which ones are rejected again. One client's records of one charset are one session: where a connection is lost, only
// what the server has not acknowledged goes once more.
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
  bool was_reached = false;  // an earlier replay has reached the server
};

struct ReplayOutcome {
  std::uint64_t stored = 0;
  std::uint64_t rejected = 0;        // again
  std::uint64_t unacknowledged = 0;  // perhaps sent, without a verdict
  bool is_complete = false;          // otherwise the reason was said
};

// Blocks until every record is acknowledged, the server ends it, or a stop is requested. `lines` holds whole records of
// one client and charset, and at least one.
[[nodiscard]] ReplayOutcome replay(const std::vector<RejectedLine>& lines, const ReplayTarget& target,
                                   Console& console);

}  // namespace crawlspool::cli
