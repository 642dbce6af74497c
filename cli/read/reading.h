// Reads the spool as `cat` and `tail` do: finds where to begin, prints the lines that are wanted, and keeps the cursor.
#pragma once

#include <optional>
#include <string>

#include "cli/common/damage.h"
#include "cli/common/output.h"
#include "cli/read/cursor_keeper.h"
#include "cli/read/line_filter.h"
#include "daemon/base/clock.h"
#include "daemon/spool/control/cursor.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace crawlspool::cli {

// The options that `cat` and `tail` have in common.
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

// Returns what the options want; durations count back from now.
[[nodiscard]] LineFilter line_filter(const ReadingOptions& options);

// Prints lines of the spool whole or only their records; damaged ones are reported instead.
class LinePrinter {
 public:
  // Both references outlive the printer.
  LinePrinter(Output& output, DamageLog& damage, bool records_only)
      : output_(output), damage_(damage), records_only_(records_only) {}

  [[nodiscard]] base::Result<void> print(const spool::ReadLine& line);

 private:
  Output& output_;
  DamageLog& damage_;
  bool records_only_;
};

class Reading {
 public:
  // All references outlive it.
  Reading(spool::Directory& directory, const ReadingOptions& options, DamageLog& damage, Output& output);

  // Returns where to begin by the options, with the cursor locked for this reading's life; fails with kLocked if
  // another reader has it. Returns nothing if the cursor's place is lost, which has been said and counts as damage. A
  // new cursor begins with the last `new_cursor_lines` lines, if that is set, and with the spool's first otherwise.
  [[nodiscard]] base::Result<std::optional<spool::Position>> find_begin(
      const std::optional<std::uint64_t>& new_cursor_lines);
  [[nodiscard]] base::Result<void> begin(spool::Position position);

  // Prints lines that lie before `end`, or all there are for now, flushes them, and keeps the place where there is a
  // cursor.
  [[nodiscard]] base::Result<void> print_to(std::optional<spool::Position> end);

  [[nodiscard]] const LineFilter& filter() const { return filter_; }

 private:
  [[nodiscard]] base::Result<std::optional<spool::Position>> find_cursor_begin(
      const std::optional<std::uint64_t>& new_cursor_lines);
  [[nodiscard]] base::Result<void> lock_cursor();
  [[nodiscard]] base::Result<void> print(const spool::ReadLine& line);
  [[nodiscard]] base::Result<void> flush_and_keep();

  spool::Directory& directory_;
  const ReadingOptions& options_;
  DamageLog& damage_;
  Output& output_;
  LineFilter filter_;
  LinePrinter printer_;
  std::optional<CursorKeeper> cursor_;
  std::optional<spool::CursorLock> lock_;  // on the cursor
  std::optional<spool::SegmentReader> reader_;
  base::SystemClock clock_;
  std::int64_t keep_at_us_ = 0;  // monotonic
};

}  // namespace crawlspool::cli
