// The daemon's /status as a table: one row a value, nested names joined by dots, sizes and times also as people read
// them. Knows no particular key, so that what the daemon adds later shows up by itself.
#pragma once

#include <optional>
#include <string>

namespace crawlspool::cli {

// Nothing if `json` is no JSON object.
[[nodiscard]] std::optional<std::string> status_table(const std::string& json);

}  // namespace crawlspool::cli
