#include "cli/command.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/common/console.h"
#include "cli/common/subcommands.h"
#include "config/command_line.h"
#include "daemon/base/version.h"

namespace crawlspool::cli {
namespace {

constexpr const char* kDescription = "Send records to a crawlspoold, read its spool, and ask how it is doing.";
constexpr const char* kFooter =
    "Defaults come from the file that CRAWLSPOOL_CONFIG names, else from /etc/crawlspool/crawlspoold.yaml if it is "
    "there.\n"
    "Exit codes: 0 done, 1 refused, not found or cannot read, 2 damaged, 64 usage.";

// `crawlspool help [COMMAND …]` prints what `crawlspool COMMAND --help` prints.
int help(const CLI::App& program, const std::vector<std::string>& words) {
  const CLI::App* command = &program;
  std::string name = program.get_name();
  for (const std::string& word : words) {
    const auto named = command->get_subcommands([&word](const CLI::App* one) { return one->get_name() == word; });
    if (named.empty()) {
      Console().say("crawlspool: there is no command " + shown(word) + config::command_suggestion(*command, word) +
                    "\nRun crawlspool --help for more.");
      return kExitUsage;
    }
    command = named.front();
    name += " " + word;
  }
  // help() would describe the command that is being run.
  const std::string text = command->get_formatter()->make_help(command, name, CLI::AppFormatMode::Normal);
  return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? kExitFailed : kExitOk;
}

}  // namespace

void add_help(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("help", "Print a summary of the commands, or of one");
  const auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("COMMAND", *words, "The command to describe")->type_name("");
  command->callback([&app, words, &context] { context.exit_code = help(app, *words); });
}

int run(int argc, const char* const* argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that went away is EPIPE, and handled where we write
  Context context;
  CLI::App app(kDescription, "crawlspool");
  app.footer(kFooter);
  app.set_version_flag("-V,--version", std::string("crawlspool ") + kVersion);
  app.add_option("-c,--config", context.config_file, "The daemon's configuration file, for the defaults")
      ->type_name("FILE");
  app.require_subcommand(0, 1);  // a missing one is complained about below, after an unexpected argument
  app.failure_message(config::command_line_complaint);
  app.fallthrough();
  add_send(app, context);
  add_cat(app, context);
  add_tail(app, context);
  add_cursors(app, context);
  add_rejected(app, context);
  add_verify(app, context);
  add_repair(app, context);
  add_status(app, context);
  add_top(app, context);
  add_doctor(app, context);
  add_token(app, context);
  add_bench(app, context);
  add_help(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  if (!app.get_subcommands().empty()) return context.exit_code;
  std::fputs(app.help().c_str(), stderr);
  return kExitUsage;
}

}  // namespace crawlspool::cli
