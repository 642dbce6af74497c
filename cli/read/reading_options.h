// What `cat` and `tail` have in common on the command line.
#pragma once

#include <optional>
#include <string>

#include "cli/read/line_filter.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace crawlspool::cli {

struct ReadingOptions {
  std::optional<std::string> spool;
  std::optional<std::string> from;   // a position, checked
  std::optional<std::string> since;  // a time, checked
  std::optional<std::string> stream;
  std::optional<std::string> client;
  std::optional<std::string> cursor;  // a cursor's name, checked
  bool skip = false;
  bool records = false;
};

// `options` outlives the parsing.
void add_reading_options(CLI::App& command, ReadingOptions& options);

// Durations count back from now.
[[nodiscard]] LineFilter line_filter(const ReadingOptions& options);

}  // namespace crawlspool::cli
