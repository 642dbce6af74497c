// The report as a page: one file with everything in it, for a browser of any width, light or dark.
#pragma once

#include <string>

#include "cli/bench/report.h"

namespace crawlspool::bench {

[[nodiscard]] std::string render_html(const Report& report);

}  // namespace crawlspool::bench
