// `crawlspool doctor` looks at everything that can make a daemon slow, unsafe or silent, and says what to do.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/common/defaults.h"
#include "cli/common/subcommands.h"
#include "cli/doctor/checks.h"
#include "cli/doctor/finding.h"
#include "config/loader.h"

namespace crawlspool::cli {
namespace {

struct DoctorOptions {
  std::optional<std::string> spool;
  std::optional<std::string> admin;
  ServerOptions known_by;
  bool json = false;
};

void add(Findings& findings, Findings more) {
  for (Finding& finding : more) findings.push_back(std::move(finding));
}

struct Settings {
  config::Config config;  // holds the defaults where the file does not read, so that the rest can be looked at
  std::string name;       // what to call them
};

Settings check_configuration(const std::optional<std::string>& given, Findings& findings) {
  const auto file = given ? given : config::default_file();
  const auto config = configuration(given);
  if (!config) {
    findings.push_back(trouble("configuration", config.error().message(), "fix it; crawlspoold --check says the same"));
    return {{}, "the defaults"};
  }
  findings.push_back(ok("configuration", file ? *file + " is sound" : "no file; the defaults"));
  return {*config, file ? "those of " + *file : "the defaults"};
}

// Returns whether the daemon runs in a container, or on another machine.
bool is_elsewhere(const DaemonVisit& visit, const std::string& directory) {
  std::error_code ignored;
  return visit.answers && !visit.is_here && !std::filesystem::exists(directory, ignored);
}

Findings examine(const DoctorOptions& options, const std::optional<std::string>& config_file) {
  Findings findings;
  const Settings settings = check_configuration(config_file, findings);
  DaemonVisit visit;
  visit.config = settings.config;
  if (const auto admin = admin_server(options.admin, settings.config, options.known_by); admin) {
    visit = check_daemon(*admin, settings.config, settings.name);
    add(findings, std::move(visit.findings));
    add(findings, check_certificates(visit.config, visit.answers ? std::optional(*admin) : std::nullopt));
  } else {
    findings.push_back(note("daemon", admin.error().message(), "say where it listens with --admin"));
  }
  const std::string directory = options.spool.value_or(visit.config.spool.directory);
  if (!options.spool && is_elsewhere(visit, directory)) {
    findings.push_back(note("spool", directory + " is not here: the daemon runs in a container, or elsewhere",
                            "run this beside it, or say where the spool is here with --spool"));
  } else {
    add(findings, check_spool(directory, visit.answers));
    add(findings, check_disk(directory, visit.config.spool));
  }
  add(findings, check_machine(visit.config));
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
  command->add_option("--admin", options->admin, "The daemon's admin listener; https://HOST:PORT with TLS")
      ->type_name("http://HOST:PORT");
  add_server_options(*command, options->known_by);
  command->add_flag("--json", options->json, "Print the findings as JSON");
  command->footer(
      "Judges by the settings of the daemon that answers, else by those of its configuration file, and says by which.\n"
      "Changes nothing. Run it as root or as the daemon's user, beside the daemon or without one.\n"
      "Exit codes: 0 no trouble (there may be notes), 1 trouble, 64 usage.");
  command->callback([options, &context] { context.exit_code = doctor(*options, context.config_file); });
}

}  // namespace crawlspool::cli
