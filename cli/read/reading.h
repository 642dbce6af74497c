// A reading of the spool as `cat` and `tail` do it: where it begins, which lines it prints, and the cursor that is kept
// of it.
#pragma once

#include <optional>

#include "cli/common/damage.h"
#include "cli/common/line_printer.h"
#include "cli/common/output.h"
#include "cli/read/cursor_keeper.h"
#include "cli/read/line_filter.h"
#include "cli/read/reading_options.h"
#include "daemon/base/clock.h"
#include "daemon/spool/control/cursor.h"

namespace crawlspool::cli {

class Reading {
 public:
  // All references outlive it.
  Reading(spool::Directory& directory, const ReadingOptions& options, DamageLog& damage, Output& output);

  // Where to begin by the options, with the cursor locked for this reading's life (kLocked: another reader has it);
  // nothing if the cursor's place is lost, which has been said and counts as damage.
  // `new_cursor_lines`: a new cursor begins with the last that many lines instead of the spool's first.
  [[nodiscard]] base::Result<std::optional<spool::Position>> find_begin(
      const std::optional<std::uint64_t>& new_cursor_lines);
  [[nodiscard]] base::Result<void> begin(spool::Position position);

  // Prints lines that lie before `end`, or all there are for now; flushed, and kept as read where there is a cursor.
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
