#include "config/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <string_view>
#include <vector>

#include "config/nearest.h"

namespace crawlspool::config {
namespace {

// Names as they are typed, and what they stand for.
class Names {
 public:
  void add(std::string typed, std::string shown) {
    typed_.push_back(std::move(typed));
    shown_.push_back(std::move(shown));
  }
  [[nodiscard]] std::string suggest(const std::string& word) const {
    const std::vector<std::string_view> candidates(typed_.begin(), typed_.end());
    const auto found = suggestion(word, candidates);
    if (!found) return {};
    const auto at =
        static_cast<std::size_t>(std::find(candidates.begin(), candidates.end(), *found) - candidates.begin());
    return ". Did you mean " + shown_[at] + "?";
  }

 private:
  std::deque<std::string> typed_;
  std::deque<std::string> shown_;
};

void add_commands(const CLI::App& app, Names& names) {
  for (const CLI::App* const command : app.get_subcommands(nullptr))
    names.add(command->get_name(), command->get_name());
}

void add_options(const CLI::App& app, bool with_dashes, Names& names) {
  for (const CLI::Option* const option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.add((with_dashes ? "--" : "") + name, "--" + name);
}

// The commands that were given, one below the other.
std::vector<const CLI::App*> given_commands(const CLI::App& app) {
  std::vector<const CLI::App*> given{&app};
  while (!given.back()->get_subcommands().empty()) given.push_back(given.back()->get_subcommands().back());
  return given;
}

// An option may stand behind any command, its own or the program's; a command only where one is still to come.
std::string suggestion_for(const CLI::App& app, const std::string& word) {
  const auto given = given_commands(app);
  const bool is_option = word.starts_with("-");
  Names names;
  if (!is_option) add_commands(*given.back(), names);
  if (is_option || given.size() == 1)
    for (const CLI::App* const command : given) add_options(*command, is_option, names);
  return names.suggest(is_option ? word.substr(0, word.find('=')) : word);
}

}  // namespace

std::string command_suggestion(const CLI::App& app, const std::string& word) {
  Names names;
  add_commands(app, names);
  return names.suggest(word);
}

std::string command_line_complaint(const CLI::App* app, const CLI::Error& error) {
  const std::string name = app->get_name();
  std::string complaint = name + ": " + error.what();
  const auto extras = app->remaining(true);
  const int kind = error.get_exit_code();
  const bool is_about_them =
      kind == static_cast<int>(CLI::ExitCodes::ExtrasError) || kind == static_cast<int>(CLI::ExitCodes::RequiredError);
  if (is_about_them && !extras.empty()) complaint += suggestion_for(*app, extras.front());
  return complaint + "\nRun " + name + " --help for more.\n";
}

}  // namespace crawlspool::config
