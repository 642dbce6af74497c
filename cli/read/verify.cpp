// `crawlspool verify` reads the whole spool and says whether it is what the daemon wrote.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/common/console.h"
#include "cli/common/damage.h"
#include "cli/common/defaults.h"
#include "cli/common/human.h"
#include "cli/common/spool_access.h"
#include "cli/common/subcommands.h"
#include "cli/read/verification.h"

namespace crawlspool::cli {
namespace {

using Totals = Verification::Totals;

void say_on_stdout(Console& console, const std::string& line) {
  console.clear_bar();
  std::puts(line.c_str());
}

const char* verdict(const DamageLog& damage) {
  if (damage.exit_code() == kExitDamaged) return "damaged";
  return damage.exit_code() == kExitOk ? "sound" : "could not be read in full";
}

void print_summary(const Totals& totals, const DamageLog& damage, const std::string& path) {
  std::printf("%s: %s\n", path.c_str(), verdict(damage));
  std::printf("segments  %zu, %s compressed\n", totals.extent.segments,
              std::to_string(totals.compressed_segments).c_str());
  std::printf("lines     %s\n", std::to_string(totals.lines).c_str());
  std::printf("bytes     %s (%s)\n", std::to_string(totals.bytes).c_str(), human_bytes(totals.bytes).c_str());
  std::printf("sessions  %s\n", std::to_string(totals.sessions).c_str());
  std::printf("damaged   %s, %s\n", counted(damage.places(), "place").c_str(), counted(damage.bytes(), "byte").c_str());
  if (totals.blank_lines > 0)
    std::printf("note      %s, as repair leaves them\n", counted(totals.blank_lines, "blank line").c_str());
  for (const std::string& note : totals.notes) std::printf("note      %s\n", note.c_str());
}

int verify(const std::optional<std::string>& spool, const std::optional<std::string>& config_file) {
  Console console;
  DamageLog damage([&console](const std::string& line) { say_on_stdout(console, line); });
  const auto path = spool_directory(spool, config_file);
  const auto totals =
      path.and_then([](const std::string& p) { return open_damaged_spool(p); }).and_then([&](const auto& directory) {
        return Verification(*directory, damage, console).run();
      });
  console.clear_bar();
  if (!totals) {
    console.say_error(totals.error());
    return kExitFailed;
  }
  print_summary(*totals, damage, *path);
  return damage.exit_code();
}

}  // namespace

void add_verify(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("verify", "Read the whole spool and check every line and file");
  const auto spool = std::make_shared<std::optional<std::string>>();
  command->add_option("--spool", *spool, "The spool directory")->type_name("DIR");
  command->callback([spool, &context] { context.exit_code = verify(*spool, context.config_file); });
}

}  // namespace crawlspool::cli
