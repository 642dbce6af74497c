// `crawlspool help [COMMAND …]`: what `crawlspool COMMAND --help` prints.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/common/console.h"
#include "cli/common/subcommands.h"
#include "config/command_line.h"

namespace crawlspool::cli {
namespace {

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
  // Not by help(), which tells of the command that is being run.
  const std::string text = command->get_formatter()->make_help(command, name, CLI::AppFormatMode::Normal);
  return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? kExitFailed : kExitOk;
}

}  // namespace

void add_help(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("help", "Print a summary of the commands, or of one");
  const auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("COMMAND", *words, "The command to tell of")->type_name("");
  command->callback([&app, words, &context] { context.exit_code = help(app, *words); });
}

}  // namespace crawlspool::cli
