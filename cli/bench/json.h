// The report as JSON, for programs: one object, durations in microseconds, rates a second.
#pragma once

#include <string>

#include "cli/bench/report.h"

namespace crawlspool::bench {

[[nodiscard]] std::string render_json(const Report& report);

}  // namespace crawlspool::bench
