// The report as a table for the terminal.
#pragma once

#include <string>

#include "cli/bench/report.h"

namespace crawlspool::bench {

[[nodiscard]] std::string render_table(const Report& report);

// What was sent, how, and on which machine: some lines of text, of which the table and the page show the same.
[[nodiscard]] std::vector<std::string> settings_lines(const Report& report);

// The cells of a row as text, in the order of table_columns(); "-" for what was not measured.
[[nodiscard]] std::vector<std::string> table_columns();
[[nodiscard]] std::vector<std::string> table_cells(const Report& report, const Row& row);

}  // namespace crawlspool::bench
