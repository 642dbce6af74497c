// The rows' latencies as curves: to the right the share of records that were acked within a time, so that each nine
// takes as much room as the one before; upwards that time, in powers of ten.
#pragma once

#include <string>
#include <vector>

#include "cli/bench/report.h"

namespace crawlspool::bench {

// An <svg>. `rows`: those that were measured; at least one.
[[nodiscard]] std::string latency_chart(const std::vector<const Row*>& rows);

}  // namespace crawlspool::bench
