// `crawlspool cat`: the spool's lines, or the bare records, from a position to where the spool ended at the start.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/console.h"
#include "cli/damage.h"
#include "cli/defaults.h"
#include "cli/line_printer.h"
#include "cli/output.h"
#include "cli/spool_access.h"
#include "cli/subcommands.h"
#include "daemon/spool/position_search.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::Result;

struct CatOptions {
  std::optional<std::string> spool;
  std::string from = "0";
  bool records = false;
};

// Up to the end as it is now: beside a busy daemon a slow reader would never finish otherwise.
Result<spool::Extent> readable_extent(spool::Directory& directory, spool::Position from) {
  auto extent = spool::spool_extent(directory);
  if (extent && from > extent->end)
    return base::fail(ErrorCode::kNotFound, "position " + std::to_string(from) + " is beyond the spool's end, " +
                                                std::to_string(extent->end));
  return extent;
}

Result<void> print_all(spool::Directory& directory, const CatOptions& options, DamageLog& damage) {
  const spool::Position from = parse_count(options.from).value_or(0);
  const auto extent = readable_extent(directory, from);
  if (!extent) return tl::unexpected(extent.error());
  Output output(STDOUT_FILENO);
  LinePrinter printer(output, damage, options.records);
  spool::SegmentReader reader(directory, damage, from);
  while (!output.closed()) {
    const auto line = reader.next();
    if (!line) return tl::unexpected(line.error());
    if (!*line || (*line)->position >= extent->end || (*line)->kind == spool::LineKind::kUnfinished) break;
    if (auto printed = printer.print(**line); !printed) return printed;
  }
  return output.flush();
}

int cat(const CatOptions& options, const std::optional<std::string>& config_file) {
  Console console;
  DamageLog damage([&console](const std::string& line) { console.say(line); });
  const auto done = spool_directory(options.spool, config_file)
                        .and_then([](const std::string& path) { return open_spool(path); })
                        .and_then([&](const auto& directory) { return print_all(*directory, options, damage); });
  damage.settle();
  if (!done) console.say_error(done.error());
  return done ? damage.exit_code() : kExitFailed;
}

}  // namespace

void add_cat(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("cat", "Print the spool's lines");
  const auto options = std::make_shared<CatOptions>();
  command->add_option("--spool", options->spool, "The spool directory")->type_name("DIR");
  command->add_flag("--records", options->records, "Print the bare records instead of whole lines");
  command->add_option("--from", options->from, "Begin at the first line at or after this position")
      ->type_name("POSITION")
      ->check(check_count);
  command->callback([options, &context] { context.exit_code = cat(*options, context.config_file); });
}

}  // namespace crawlspool::cli
