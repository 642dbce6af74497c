// The report as text: as a table for the terminal, as JSON for programs, and as a page for a browser.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/bench/report.h"
#include "daemon/base/embedded_file.h"

namespace crawlspool::bench {

[[nodiscard]] std::string render_table(const Report& report);

// Returns what was sent, how, and on which machine: some lines of text, of which the table and the page show the same.
[[nodiscard]] std::vector<std::string> settings_lines(const Report& report);

// Returns the cells of a row as text, in the order of table_columns(); "-" stands for what was not measured.
[[nodiscard]] std::vector<std::string> table_columns();
[[nodiscard]] std::vector<std::string> table_cells(const Report& report, const Row& row);

// Returns one object. A row's figures are those of its median run; all rounds' rates are there, too.
[[nodiscard]] std::string render_json(const Report& report);

// Returns one file with everything in it, for a browser of any width, light or dark. Its charts are drawn by Chart.js,
// from figures that stand in the page.
[[nodiscard]] std::string render_html(const Report& report);

// Returns text as it may stand between tags and inside quotes.
[[nodiscard]] std::string html_escaped(std::string_view text);

// Returns the style sheet, the chart library and the script of the page, as CMakeLists.txt lists them.
[[nodiscard]] std::span<const base::EmbeddedFile> embedded_files();

}  // namespace crawlspool::bench
