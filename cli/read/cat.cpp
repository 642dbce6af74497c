// `crawlspool cat` prints the spool's lines, or the bare records, from a place to where the spool ended at the start.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/common/console.h"
#include "cli/common/defaults.h"
#include "cli/common/spool_access.h"
#include "cli/common/stop_signals.h"
#include "cli/common/subcommands.h"
#include "cli/read/reading.h"
#include "daemon/spool/read/position_search.h"

namespace crawlspool::cli {
namespace {

using base::Result;
using spool::Position;

// Returns the end as it is now: beside a busy daemon a slow reader would never finish otherwise.
Result<Position> end_for_now(spool::Directory& directory, const ReadingOptions& options) {
  if (options.cursor) return durable_position(directory);
  return spool::spool_extent(directory).map([](const spool::Extent& extent) { return extent.end; });
}

Result<void> print_all(spool::Directory& directory, const ReadingOptions& options, DamageLog& damage) {
  Output output(STDOUT_FILENO);
  Reading reading(directory, options, damage, output);
  CRAWLSPOOL_TRY_AS(const auto from, reading.find_begin(std::nullopt));
  if (!from) return {};
  CRAWLSPOOL_TRY_AS(const auto end, end_for_now(directory, options));
  return reading.begin(*from).and_then([&] { return reading.print_to(end); });
}

int cat(const ReadingOptions& options, const std::optional<std::string>& config_file) {
  if (options.cursor) catch_stop_signals();  // what has been printed is to be kept as read
  Console console;
  DamageLog damage([&console](const std::string& line) { console.say(line); });
  const auto done = spool_directory(options.spool, config_file)
                        .and_then([](const std::string& path) { return open_spool(path); })
                        .and_then([&](const auto& directory) { return print_all(*directory, options, damage); });
  damage.flush();
  if (!done) console.say_error(done.error());
  return done ? damage.exit_code() : kExitFailed;
}

}  // namespace

void add_cat(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("cat", "Print the spool's lines");
  const auto options = std::make_shared<ReadingOptions>();
  add_reading_options(*command, *options);
  command->callback([options, &context] { context.exit_code = cat(*options, context.config_file); });
}

}  // namespace crawlspool::cli
