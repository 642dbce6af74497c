// crawlspoold: the command line, the configuration and the log; the rest is daemon/server.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "config/command_line.h"
#include "config/loader.h"
#include "config/print.h"
#include "daemon/base/error.h"
#include "daemon/base/log.h"
#include "daemon/base/out_of_memory.h"
#include "daemon/base/standard_descriptors.h"
#include "daemon/base/version.h"
#include "daemon/server/server.h"

namespace base = crawlspool::base;
namespace config = crawlspool::config;
namespace server = crawlspool::server;
using crawlspool::kVersion;

namespace {

struct Arguments {
  std::string config_file;
  std::vector<std::string> overrides;
  std::string ready_file;
  bool check = false;
  bool print_config = false;
};

void describe(CLI::App& app, Arguments& arguments) {
  app.add_option("-c,--config", arguments.config_file,
                 "Configuration file (default: $" + std::string(config::kFileVariable) + ", else " +
                     config::kDefaultFile + " if it is there)")
      ->type_name("FILE");
  app.add_option("--set", arguments.overrides, "One key of the configuration, the value read as YAML; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
  app.add_option("--ready-file", arguments.ready_file, "File to write the listening addresses to, as JSON")
      ->type_name("FILE");
  app.add_flag("--check", arguments.check, "Check the configuration and end");
  app.add_flag("--print-config", arguments.print_config, "Print the configuration in force and end");
  app.failure_message(config::command_line_complaint);
  app.set_version_flag("-V,--version", std::string("crawlspoold ") + kVersion);
}

base::Result<config::Config> load_config(const Arguments& arguments) {
  const std::optional<std::string> file =
      arguments.config_file.empty() ? config::default_file() : std::optional(arguments.config_file);
  return config::load(file, arguments.overrides);
}

int serve(const config::Config& config, const Arguments& arguments) {
  if (auto started = base::start_log(config.log); !started) {
    std::fprintf(stderr, "crawlspoold: %s\n", started.error().message().c_str());
    return base::daemon_exit_code(started.error().code);
  }
  server::ServerOptions options;
  options.load_config = [arguments] { return load_config(arguments); };
  if (!arguments.ready_file.empty()) options.ready_file = arguments.ready_file;
  const int exit_code = server::run_server(config, options);
  base::stop_log();
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  base::hold_standard_descriptors();
  base::end_when_out_of_memory({.program = "crawlspoold",
                                .advice = "raise it, or lower limits.memory_bytes_max and io_threads",
                                .exit_code = base::kExitIo});
  CLI::App app{"Takes crawl records over persistent connections and acks them once they are on the disk.",
               "crawlspoold"};
  Arguments arguments;
  describe(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? base::kExitOk : base::kExitUsage;
  }
  const auto config = load_config(arguments);
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().message().c_str());
    return base::daemon_exit_code(config.error().code);
  }
  if (arguments.print_config) std::fputs(config::print_config(*config).c_str(), stdout);
  if (arguments.check || arguments.print_config) return base::kExitOk;
  return serve(*config, arguments);
}
