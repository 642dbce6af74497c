// The report as a page: one file with everything in it, for a browser of any width, light or dark. Its charts are drawn
// by Chart.js, from figures that stand in the page.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/bench/report.h"
#include "daemon/base/embedded_file.h"

namespace crawlspool::bench {

[[nodiscard]] std::string render_html(const Report& report);

// Returns text as it may stand between tags and inside quotes.
[[nodiscard]] std::string html_escaped(std::string_view text);

// The style sheet, the chart library and the script of the page, as CMakeLists.txt lists them.
[[nodiscard]] std::span<const base::EmbeddedFile> embedded_files();

}  // namespace crawlspool::bench
