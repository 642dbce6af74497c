// `crawlspool repair` says what is wrong with a spool and what can be done about it, and with --apply does it.
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/common/console.h"
#include "cli/common/defaults.h"
#include "cli/common/human.h"
#include "cli/common/spool_access.h"
#include "cli/common/subcommands.h"
#include "daemon/spool/repair/spool_repair.h"

namespace crawlspool::cli {
namespace {

using base::Result;
using spool::RepairMode;
using spool::RepairStep;
using spool::RepairSummary;

struct RepairOptions {
  std::optional<std::string> spool;
  bool apply = false;
};

// The daemon cannot open files that root makes.
Result<void> check_owner(const std::string& path) {
  struct stat info {};
  if (::geteuid() != 0 || ::stat(path.c_str(), &info) != 0 || info.st_uid == 0) return {};
  const passwd* const owner = ::getpwuid(info.st_uid);
  const std::string user = owner != nullptr ? owner->pw_name : "#" + std::to_string(info.st_uid);
  return base::fail(base::ErrorCode::kPermission,
                    path + " belongs to " + user + ", who could not read what root makes there: run it as " + user);
}

const char* word_for(const RepairStep& step, RepairMode mode) {
  switch (step.kind) {
    case RepairStep::Kind::kRepair:
      return mode == RepairMode::kApply ? "done    " : "to do   ";
    case RepairStep::Kind::kUnrepairable:
      return "cannot  ";
    case RepairStep::Kind::kNote:
      break;
  }
  return "note    ";
}

void print_step(const RepairStep& step, RepairMode mode) {
  std::string line = word_for(step, mode) + shown(step.place) + ": " + shown(step.trouble);
  if (!step.remedy.empty()) line += "; " + shown(step.remedy);
  if (!step.kept_in.empty()) line += "; the original is in " + shown(step.kept_in);
  std::puts(line.c_str());
}

void print_summary(const RepairSummary& summary, RepairMode mode, const std::string& path) {
  const bool is_sound = summary.repairable == 0 && summary.unrepairable == 0;
  std::string line = path + ": ";
  if (is_sound) line += "nothing to repair";
  if (summary.repairable > 0)
    line += counted(summary.repairable, "repair") + (mode == RepairMode::kApply ? " made" : " to make, with --apply");
  if (summary.unrepairable > 0)
    line +=
        (summary.repairable > 0 ? "; " : "") + counted(summary.unrepairable, "trouble") + " that nothing can repair";
  std::puts(line.c_str());
}

Result<RepairSummary> run_repair(const std::string& path, RepairMode mode) {
  if (mode == RepairMode::kApply) {
    CRAWLSPOOL_TRY(check_owner(path));
  }
  const base::SystemClock clock;
  return open_damaged_spool(path).and_then([&](const auto& directory) {
    return spool::SpoolRepair(*directory, mode, clock, [mode](const RepairStep& step) { print_step(step, mode); })
        .run();
  });
}

int repair(const RepairOptions& options, const std::optional<std::string>& config_file) {
  const RepairMode mode = options.apply ? RepairMode::kApply : RepairMode::kDryRun;
  const auto path = spool_directory(options.spool, config_file);
  const auto summary = path.and_then([mode](const std::string& p) { return run_repair(p, mode); });
  if (!summary) {
    std::fflush(stdout);
    Console().say_error(summary.error());
    return kExitFailed;
  }
  print_summary(*summary, mode, *path);
  const bool is_sound_now = summary->unrepairable == 0 && (options.apply || summary->repairable == 0);
  return is_sound_now ? kExitOk : kExitDamaged;
}

}  // namespace

void add_repair(CLI::App& app, Context& context) {
  auto* const command =
      app.add_subcommand("repair", "Say what is wrong with a spool and what can be done about it; with --apply, do it");
  const auto options = std::make_shared<RepairOptions>();
  command->add_option("--spool", options->spool, "The spool directory")->type_name("DIR");
  command->add_flag("--apply", options->apply,
                    "Do it, with the daemon stopped; what is overwritten is kept in the spool's cut/");
  command->callback([options, &context] { context.exit_code = repair(*options, context.config_file); });
}

}  // namespace crawlspool::cli
