// `crawlspool rejected` lists the records that were refused, shows them, and sends them once more.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>

#include "cli/common/console.h"
#include "cli/common/defaults.h"
#include "cli/common/human.h"
#include "cli/common/option_checks.h"
#include "cli/common/output.h"
#include "cli/common/spool_access.h"
#include "cli/common/stop_signals.h"
#include "cli/common/subcommands.h"
#include "cli/rejected/lines.h"
#include "cli/rejected/replay.h"
#include "daemon/base/clock.h"

namespace crawlspool::cli {
namespace {

using base::Result;

struct RejectedOptions {
  std::optional<std::string> spool;
  std::vector<std::string> ids;
  std::optional<std::string> code;
  std::optional<std::string> client;
  std::optional<std::string> since;
  bool json = false;
  bool raw = false;
  // replay
  std::optional<std::string> server;
  ServerOptions known_by;
  std::string stream;
  bool all = false;
};

RejectedWanted wanted(const RejectedOptions& options) {
  RejectedWanted wanted{options.ids, options.code, options.client, std::nullopt};
  if (options.since) wanted.since_us = parse_since(*options.since, base::SystemClock().wall_us());
  return wanted;
}

int exit_code_of(const RejectedCounts& counts, Console& console) {
  if (counts.unsound == 0) return kExitOk;
  console.say("crawlspool: " + counted(counts.unsound, "line") + " in rejected/ damaged, and skipped");
  return kExitDamaged;
}

// Prints what `render` makes of each.
Result<int> print(spool::Directory& directory, const RejectedOptions& options, Console& console,
                  const std::function<std::string(const RejectedLine&)>& render) {
  Output output(STDOUT_FILENO);
  const auto counts =
      read_rejected(directory, wanted(options), [&](const RejectedLine& line) { return output.write(render(line)); });
  if (!counts) {
    static_cast<void>(output.flush());
    return tl::unexpected(counts.error());
  }
  CRAWLSPOOL_TRY(output.flush());
  return exit_code_of(*counts, console);
}

Result<int> list(spool::Directory& directory, const RejectedOptions& options, Console& console) {
  return print(directory, options, console, [&](const RejectedLine& line) {
    return options.json ? rejected_json(line, false) : rejected_row(line);
  });
}

Result<int> show(spool::Directory& directory, const RejectedOptions& options, Console& console) {
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  return print(directory, options, console, [&](const RejectedLine& line) {
    if (options.json) return rejected_json(line, true);
    if (options.raw) return (is_terminal ? shown(line.raw) : line.raw) + "\n";
    return rejected_paragraph(line);
  });
}

Result<int> replay_chosen(spool::Directory& directory, const RejectedOptions& options, const Address& server,
                          Console& console) {
  // The key is the name that each was sent under, and its charset: a session has one of either.
  std::map<std::pair<std::string, std::string>, std::vector<RejectedLine>> by_sender;
  std::uint64_t cut = 0;
  CRAWLSPOOL_TRY_AS(const auto counts,
                    read_rejected(directory, wanted(options), [&](const RejectedLine& line) -> Result<void> {
                      if (line.is_whole())
                        by_sender[{line.client, line.charset}].push_back(line);
                      else if (++cut > 0)
                        console.say(line.id + ": skipped, as it is kept only in part: " + counted(line.length, "byte") +
                                    ", " + kept_in_part(line));
                      return {};
                    }));
  ReplayOutcome total;
  total.is_complete = true;
  ReplayTarget target{server, options.stream};
  for (const auto& [sender, lines] : by_sender) {
    const auto one = total.is_complete ? replay(lines, target, console) : ReplayOutcome{.unacknowledged = lines.size()};
    total.stored += one.stored;
    total.rejected += one.rejected;
    total.unacknowledged += one.unacknowledged;
    total.is_complete = one.is_complete;
    target.was_reached = true;
  }
  console.say(counted(total.stored, "record") + " stored, " + std::to_string(total.rejected) + " rejected again, " +
              std::to_string(cut) + " skipped, " + std::to_string(total.unacknowledged) + " not acknowledged");
  const bool is_done = total.is_complete && total.rejected + cut + total.unacknowledged == 0;
  return is_done ? exit_code_of(counts, console) : kExitFailed;
}

using Action = std::function<Result<int>(spool::Directory&, Console&)>;

int run_on_spool(const RejectedOptions& options, const Context& context, const Action& action) {
  Console console;
  const auto exit_code = spool_directory(options.spool, context.config_file)
                             .and_then([](const std::string& path) { return open_damaged_spool(path); })
                             .and_then([&](const auto& directory) { return action(*directory, console); });
  if (exit_code) return *exit_code;
  console.say_error(exit_code.error());
  return exit_code.error().code == base::ErrorCode::kUsage ? kExitUsage : kExitFailed;
}

int run_replay(const RejectedOptions& options, const Context& context) {
  catch_stop_signals();
  return run_on_spool(options, context, [&](spool::Directory& directory, Console& console) -> Result<int> {
    const bool is_chosen = options.all || !options.ids.empty() || options.code || options.client || options.since;
    if (!is_chosen)
      return base::fail(base::ErrorCode::kUsage, "say which records: ID, --code, --client, --since, or --all");
    return stream_server(options.server, context.config_file, options.known_by).and_then([&](const Address& server) {
      return replay_chosen(directory, options, server, console);
    });
  });
}

void add_choice(CLI::App& command, RejectedOptions& options) {
  command.add_option("--spool", options.spool, "The spool directory")->type_name("DIR");
  command.add_option("--code", options.code, "Only those refused with this code")->type_name("CODE");
  command.add_option("--client", options.client, "Only those of this client")->type_name("CLIENT");
  command
      .add_option("--since", options.since, "Only those since then: 30m, 1h, 7d ago, or 2026-11-20[T04:05:06Z], UTC")
      ->type_name("TIME")
      ->check(check_since);
}

void add_ids(CLI::App& command, RejectedOptions& options) {
  command.add_option("ID", options.ids, "Only these, by the id that ls prints")
      ->type_name("")
      ->check(check_rejected_id);
}

}  // namespace

void add_rejected(CLI::App& app, Context& context) {
  auto* const rejected = app.add_subcommand("rejected", "List, show and send again the records that were refused");
  rejected->require_subcommand(1);

  auto* const ls = rejected->add_subcommand("ls", "List them: id, time, code, client or address, bytes, reason");
  const auto ls_options = std::make_shared<RejectedOptions>();
  add_choice(*ls, *ls_options);
  ls->add_flag("--json", ls_options->json, "Print an object a line");
  ls->callback([ls_options, &context] {
    context.exit_code = run_on_spool(*ls_options, context, [&](spool::Directory& directory, Console& console) {
      return list(directory, *ls_options, console);
    });
  });

  auto* const show_command = rejected->add_subcommand("show", "Show them with what they hold");
  const auto show_options = std::make_shared<RejectedOptions>();
  add_choice(*show_command, *show_options);
  auto* const raw = show_command->add_flag(
      "--raw", show_options->raw, "Print their bytes as they came and a line break each: to be corrected and sent");
  show_command->add_flag("--json", show_options->json, "Print an object a line, the bytes in base64")->excludes(raw);
  add_ids(*show_command, *show_options);
  show_command->footer(
      "Corrected on the way, they are sent like any others:\n"
      "  crawlspool rejected show --code invalid_utf8 --raw | iconv -f latin1 -t utf-8 | crawlspool send -");
  show_command->callback([show_options, &context] {
    context.exit_code = run_on_spool(*show_options, context, [&](spool::Directory& directory, Console& console) {
      return show(directory, *show_options, console);
    });
  });

  auto* const replay_command = rejected->add_subcommand(
      "replay", "Send them again as they are, under their clients' names and in their charsets");
  const auto replay_options = std::make_shared<RejectedOptions>();
  add_choice(*replay_command, *replay_options);
  replay_command->add_flag("--all", replay_options->all, "All of them");
  replay_command
      ->add_option("--server", replay_options->server, "The daemon's stream listener; tls://HOST:PORT with TLS")
      ->type_name("tcp://HOST:PORT");
  add_server_options(*replay_command, replay_options->known_by);
  replay_command->add_option("--stream", replay_options->stream, "A label that is stored with each record")
      ->type_name("NAME")
      ->check(check_stream);
  add_ids(*replay_command, *replay_options);
  replay_command->footer(
      "For records that were right and met a limit that has been raised since. A connection that is lost is made\n"
      "again and the rest sent, each record once; after 10s without any progress the command ends. They stay in\n"
      "rejected/ until it is full: a second replay stores them a second time. One that is kept only in part is\n"
      "skipped: one of more than 64 KiB, and one of more than 64 bytes whose sender had too many refused.");
  replay_command->callback([replay_options, &context] { context.exit_code = run_replay(*replay_options, context); });
}

}  // namespace crawlspool::cli
