// `crawlspool tail`: the spool's last lines, and with -f what comes behind them, until SIGINT, SIGTERM or the reader
// of its output goes away.
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
#include "cli/stop_signals.h"
#include "cli/subcommands.h"
#include "daemon/spool/position_search.h"

namespace crawlspool::cli {
namespace {

using base::Result;

constexpr int kPollEveryMs = 100;

struct TailOptions {
  std::optional<std::string> spool;
  std::string lines = "10";
  bool follow = false;
  bool records = false;
};

// Everything there is for now.
Result<void> print_to_end(spool::SegmentReader& reader, LinePrinter& printer, Output& output) {
  while (!output.closed() && !stop_requested()) {
    const auto line = reader.next();
    if (!line) return tl::unexpected(line.error());
    if (!*line || (*line)->kind == spool::LineKind::kUnfinished) break;
    if (auto printed = printer.print(**line); !printed) return printed;
  }
  return output.flush();
}

Result<void> print_tail(spool::Directory& directory, const TailOptions& options, DamageLog& damage) {
  const auto from = spool::position_of_last_lines(directory, parse_count(options.lines).value_or(0));
  if (!from) return tl::unexpected(from.error());
  Output output(STDOUT_FILENO);
  LinePrinter printer(output, damage, options.records);
  spool::SegmentReader reader(directory, damage, *from);
  do {
    if (auto printed = print_to_end(reader, printer, output); !printed) return printed;
    damage.settle();
  } while (options.follow && !stop_requested() && !output.closed() && !output.wait_closed(kPollEveryMs));
  return {};
}

int tail(const TailOptions& options, const std::optional<std::string>& config_file) {
  if (options.follow) catch_stop_signals();
  Console console;
  DamageLog damage([&console](const std::string& line) { console.say(line); });
  const auto done = spool_directory(options.spool, config_file)
                        .and_then([](const std::string& path) { return open_spool(path); })
                        .and_then([&](const auto& directory) { return print_tail(*directory, options, damage); });
  if (!done) console.say_error(done.error());
  if (!done) return kExitFailed;
  return options.follow ? kExitOk : damage.exit_code();
}

}  // namespace

void add_tail(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("tail", "Print the spool's last lines");
  const auto options = std::make_shared<TailOptions>();
  command->add_option("--spool", options->spool, "The spool directory")->type_name("DIR");
  command->add_flag("-f,--follow", options->follow, "Go on with what is added");
  command->add_option("-n,--lines", options->lines, "How many lines (10)")->type_name("LINES")->check(check_count);
  command->add_flag("--records", options->records, "Print the bare records instead of whole lines");
  command->callback([options, &context] { context.exit_code = tail(*options, context.config_file); });
}

}  // namespace crawlspool::cli
