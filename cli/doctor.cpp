// `crawlspool doctor`: looks at everything that can make a daemon slow, unsafe or silent, and says what to do.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "cli/defaults.h"
#include "cli/doctor_daemon.h"
#include "cli/doctor_disk.h"
#include "cli/doctor_machine.h"
#include "cli/doctor_report.h"
#include "cli/doctor_spool.h"
#include "cli/subcommands.h"
#include "config/loader.h"

namespace crawlspool::cli {
namespace {

struct DoctorOptions {
  std::optional<std::string> spool;
  std::optional<std::string> admin;
  bool json = false;
};

void add(Findings& findings, Findings more) {
  for (Finding& finding : more) findings.push_back(std::move(finding));
}

// The defaults where it does not read, so that the rest can be looked at.
config::Config check_configuration(const std::optional<std::string>& given, Findings& findings) {
  const auto file = given ? given : config::default_file();
  const auto config = config::load(file, {});
  if (!config) {
    findings.push_back(
        trouble("configuration", config.error().message(), "mend it; crawlspoold --check says the same"));
    return {};
  }
  findings.push_back(ok("configuration", file ? *file + " is sound" : "no file; the defaults"));
  return *config;
}

Findings examine(const DoctorOptions& options, const std::optional<std::string>& config_file) {
  Findings findings;
  const config::Config config = check_configuration(config_file, findings);
  bool daemon_answers = false;
  if (const auto admin = admin_server(options.admin, config); admin) {
    DaemonVisit visit = check_daemon(*admin, config);
    daemon_answers = visit.answers;
    add(findings, std::move(visit.findings));
  } else {
    findings.push_back(note("daemon", admin.error().message(), "say where it listens with --admin"));
  }
  const std::string directory = options.spool.value_or(config.spool.directory);
  add(findings, check_spool(directory, daemon_answers));
  add(findings, check_disk(directory, config.spool));
  add(findings, check_machine(config));
  return findings;
}

int doctor(const DoctorOptions& options, const std::optional<std::string>& config_file) {
  const Findings findings = examine(options, config_file);
  const std::string text = options.json ? doctor_json(findings) : doctor_text(findings);
  const bool is_written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return is_written && count_of(findings, Health::kTrouble) == 0 ? kExitOk : kExitFailed;
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand(
      "doctor", "Look at the daemon, its spool, the disk and the machine, and say what is wrong and what to do");
  const auto options = std::make_shared<DoctorOptions>();
  command->add_option("--spool", options->spool, "The spool directory")->type_name("DIR");
  command->add_option("--admin", options->admin, "The daemon's admin listener")->type_name("http://HOST:PORT");
  command->add_flag("--json", options->json, "Print the findings as JSON");
  command->footer(
      "Changes nothing. Run it as root or as the daemon's user, beside the daemon or without one.\n"
      "Exit codes: 0 no trouble (there may be notes), 1 trouble, 64 usage.");
  command->callback([options, &context] { context.exit_code = doctor(*options, context.config_file); });
}

}  // namespace crawlspool::cli
