#include "cli/read/reading_options.h"

#include <CLI/CLI.hpp>

#include "cli/common/name_checks.h"
#include "cli/common/since.h"
#include "cli/common/spool_access.h"
#include "daemon/base/clock.h"

namespace crawlspool::cli {
void add_reading_options(CLI::App& command, ReadingOptions& options) {
  command.add_option("--spool", options.spool, "The spool directory")->type_name("DIR");
  command.add_flag("--records", options.records, "Print the bare records instead of whole lines");
  command.add_option("--stream", options.stream, "Only lines of this stream")->type_name("STREAM")->check(check_stream);
  command.add_option("--client", options.client, "Only lines of this client")->type_name("CLIENT")->check(check_client);
  auto* const since = command.add_option("--since", options.since,
                                         "Only lines since then: 30m, 1h, 7d ago, or 2026-11-20[T04:05:06Z], UTC");
  since->type_name("TIME")->check(check_since);
  auto* const from = command.add_option("--from", options.from, "Begin at the first line at or after this position");
  from->type_name("POSITION")->check(check_count);
  auto* const cursor = command.add_option(
      "--cursor", options.cursor,
      "Begin where the last reading under this name ended, a new one at the spool's beginning; what has been written "
      "out counts as read. One reader at a time: a second one is refused");
  cursor->type_name("NAME")->check(check_cursor_name)->excludes(since)->excludes(from);
  command.add_flag("--skip", options.skip, "Where the cursor's place is lost, go on at the nearest one there is")
      ->needs(cursor);
}

LineFilter line_filter(const ReadingOptions& options) {
  LineFilter::Wanted wanted{options.stream, options.client, std::nullopt};
  if (options.since) wanted.since_us = parse_since(*options.since, base::SystemClock().wall_us());
  return LineFilter(std::move(wanted));
}

}  // namespace crawlspool::cli
