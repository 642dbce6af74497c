// Renders what `crawlspool top` prints, a screen or a line for each look, and what `crawlspool status` prints.
#pragma once

#include <string>

#include "cli/top/sample.h"

namespace crawlspool::cli {

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

// Returns at most so many rows of so many columns, a line break behind each but the last. `server` is shown as it is.
[[nodiscard]] std::string top_screen(const TopSample& sample, const TopRates& rates, const std::string& server,
                                     const ScreenSize& size);

// These are for a pipe, each a line with its break; the heading names the columns. `ts` is the time of the look.
[[nodiscard]] std::string top_heading();
[[nodiscard]] std::string top_line(const TopSample& sample, const TopRates& rates, const std::string& ts);
[[nodiscard]] std::string top_json(const TopSample& sample, const TopRates& rates, const std::string& ts);

// Returns the daemon's /status as a table: one row a value, nested names joined by dots, sizes and times also as people
// read them. Knows no particular key, so that what the daemon adds later shows up by itself. Returns nothing if `json`
// is no JSON object.
[[nodiscard]] std::optional<std::string> status_table(const std::string& json);

}  // namespace crawlspool::cli
