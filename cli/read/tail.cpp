// `crawlspool tail` prints the spool's last lines, and with -f what comes behind them, until SIGINT, SIGTERM or the
// reader of its output goes away.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/common/console.h"
#include "cli/common/defaults.h"
#include "cli/common/spool_access.h"
#include "cli/common/stop_signals.h"
#include "cli/common/subcommands.h"
#include "cli/read/line_filter.h"
#include "cli/read/reading.h"
#include "daemon/spool/control/durable_mark.h"

namespace crawlspool::cli {
namespace {

using base::Result;
using spool::Position;

constexpr int kPollEveryMs = 100;
constexpr std::uint64_t kLines = 10;

struct TailOptions {
  ReadingOptions reading;
  std::optional<std::string> lines;  // checked
  bool follow = false;
};

// A place that was asked for stands for all lines behind it, unless -n says how many of them.
Result<std::optional<Position>> find_begin(spool::Directory& directory, const TailOptions& options, Reading& reading) {
  const auto asked = options.lines ? parse_count(*options.lines) : std::nullopt;
  auto begin = reading.find_begin(asked);
  const bool has_place = options.reading.cursor || options.reading.from || options.reading.since;
  if (!begin || !*begin || options.reading.cursor || (has_place && !asked)) return begin;
  return find_last_lines(directory, reading.filter(), asked.value_or(kLines), **begin).map([](Position position) {
    return std::optional(position);
  });
}

// Prints with a cursor no further than lines are durable. Looks at all segments the first time only, for those that lie
// behind the durable file that a crash has left: this is asked ten times a second.
Result<void> print_new(spool::Directory& directory, const TailOptions& options, bool is_first, Reading& reading) {
  if (!options.reading.cursor) return reading.print_to(std::nullopt);
  const auto durable = spool::read_durable(directory);
  if (durable && !is_first) return reading.print_to(*durable);
  return durable_position(directory).and_then([&](Position end) { return reading.print_to(end); });
}

Result<void> print_tail(spool::Directory& directory, const TailOptions& options, DamageLog& damage) {
  Output output(STDOUT_FILENO);
  Reading reading(directory, options.reading, damage, output);
  CRAWLSPOOL_TRY_AS(const auto from, find_begin(directory, options, reading));
  if (!from) return {};
  if (auto begun = reading.begin(*from); !begun) return begun;
  bool is_first = true;
  do {
    if (auto printed = print_new(directory, options, is_first, reading); !printed) return printed;
    is_first = false;
  } while (options.follow && !stop_requested() && !output.closed() && !output.wait_closed(kPollEveryMs));
  return {};
}

int tail(const TailOptions& options, const std::optional<std::string>& config_file) {
  if (options.follow || options.reading.cursor) catch_stop_signals();
  Console console;
  DamageLog damage([&console](const std::string& line) { console.say(line); });
  const auto done = spool_directory(options.reading.spool, config_file)
                        .and_then([](const std::string& path) { return open_spool(path); })
                        .and_then([&](const auto& directory) { return print_tail(*directory, options, damage); });
  damage.flush();
  if (!done) console.say_error(done.error());
  return done ? damage.exit_code() : kExitFailed;
}

}  // namespace

void add_tail(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("tail", "Print the spool's last lines");
  const auto options = std::make_shared<TailOptions>();
  command->add_flag("-f,--follow", options->follow, "Go on with what is added");
  command
      ->add_option("-n,--lines", options->lines,
                   "How many lines to begin with, of those that are wanted (10; with --from or --since: all; with a "
                   "cursor: all, and a new one begins with so many)")
      ->type_name("LINES")
      ->check(check_count);
  add_reading_options(*command, options->reading);
  command->callback([options, &context] { context.exit_code = tail(*options, context.config_file); });
}

}  // namespace crawlspool::cli
