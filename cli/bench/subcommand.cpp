// `crawlspool bench` measures how fast records get to the disk, by every way there is, on this machine.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>

#include "cli/bench/campaign.h"
#include "cli/bench/renderings.h"
#include "cli/bench/settings.h"
#include "cli/common/ask_admin.h"
#include "cli/common/console.h"
#include "cli/common/stop_signals.h"
#include "cli/common/subcommands.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::Result;

constexpr int kStatusTimeoutMs = 5000;

constexpr const char* kFooter =
    "Sends the same records in every mode, to a daemon of its own with an empty spool for each, and prints how many\n"
    "records a second were acked, how long acks took, and how much processor time the server used. Without FILE the\n"
    "record is {\"aaa\": \"bbb\"}. HTTP and socket are driven by the same code, with requests that were made (and "
    "compressed)\n"
    "before the clock runs.\n"
    "With --server and --http it measures a daemon that runs, which keeps the records; --admin shows what it uses.\n"
    "Ack level synced: on the disk (spool.sync: always; redis: appendfsync always). written: given to the kernel and\n"
    "synced once a second (spool.sync: 1s; redis: everysec).";

// Asks the daemon that is named, or the one that was started.
Result<std::string> ask_status(const BenchOptions& options, const base::Endpoint& admin) {
  CRAWLSPOOL_TRY_AS(auto address, parse_address(options.admin.value_or("http://" + admin.to_string()), "http"));
  if (address.tls) {
    CRAWLSPOOL_TRY_AS(address, with_tls_files(address, options.tls));
  }
  return ask_admin(address, "/status", kStatusTimeoutMs);
}

Result<void> write_page(const std::string& path, const bench::Report& report) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bench::render_html(report);
  file.close();
  if (!file) return base::fail_errno("write of " + shown(path), errno);
  return {};
}

Result<int> bench_and_print(const BenchOptions& options, Console& console) {
  CRAWLSPOOL_TRY_AS(const auto settings, bench_settings(options));
  const auto report =
      bench::run_campaign(settings, {[&](double share, const std::string& what) {
                                       console.progress(share, what);
                                       return !stop_requested();
                                     },
                                     [&](const base::Endpoint& admin) { return ask_status(options, admin); }});
  console.clear_bar();
  if (!report) return tl::unexpected(report.error());
  const std::string text = options.json ? bench::render_json(*report) : bench::render_table(*report);
  if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
    return base::fail_errno("write to standard output", errno);
  if (options.html_file) {
    CRAWLSPOOL_TRY(write_page(*options.html_file, *report));
  }
  return kExitOk;
}

int bench_and_print(const BenchOptions& options) {
  catch_stop_signals();
  Console console;
  const auto exit_code = bench_and_print(options, console);
  if (exit_code) return *exit_code;
  console.clear_bar();
  console.say_error(exit_code.error());
  return exit_code.error().code == ErrorCode::kUsage ? kExitUsage : kExitFailed;
}

CLI::Validator up_to(std::int64_t max) { return CLI::Range(std::int64_t{1}, max).description(""); }

void describe_load(CLI::App& command, BenchOptions& options) {
  command.add_option("--records", options.records, "How many records each mode sends at least")
      ->type_name("N")
      ->check(up_to(1LL << 40))
      ->capture_default_str();
  command.add_option("--time", options.time, "For how long each mode sends at least, the records again and again")
      ->type_name("DURATION")
      ->check(check_time)
      ->capture_default_str();
  command.add_option("--time-max", options.time_max, "When to end a mode that has not sent all of them")
      ->type_name("DURATION")
      ->check(check_time)
      ->capture_default_str();
  command.add_option("--rounds", options.rounds, "How often everything is measured; the medians are shown")
      ->type_name("N")
      ->check(up_to(1000))
      ->capture_default_str();
  command.add_option("--connections", options.connections, "Connections at a time, in every mode")
      ->type_name("N")
      ->check(up_to(1000))
      ->capture_default_str();
  command.add_option("--window", options.window_records, "Records sent and not acked on a connection, if pipelined")
      ->type_name("N")
      ->check(up_to(10'000'000))
      ->capture_default_str();
  command.add_option("--batch", options.batch_records, "Records in a batch and in an NDJSON body")
      ->type_name("N")
      ->check(up_to(65536))
      ->capture_default_str();
}

void describe_choice(CLI::App& command, BenchOptions& options) {
  command.add_option("--modes", options.modes, "Only these: " + bench::mode_names())
      ->type_name("MODE,...")
      ->check(check_modes);
  command.add_option("--ack", options.levels, "Only this ack level: synced or written")
      ->type_name("LEVEL")
      ->check(check_levels);
  command.add_option("--with", options.with, "Also measure a peer that is installed: redis")
      ->type_name("PEER")
      ->check(CLI::IsMember({"redis"}).description(""));
}

void describe_server(CLI::App& command, BenchOptions& options) {
  command.add_option("--server", options.server, "The stream listener of a daemon that runs; tls://HOST:PORT with TLS")
      ->type_name("tcp://HOST:PORT");
  command.add_option("--http", options.http, "Its HTTP listener; https://HOST:PORT with TLS")
      ->type_name("http://HOST:PORT");
  command.add_option("--admin", options.admin, "Its admin listener; https://HOST:PORT with TLS")
      ->type_name("http://HOST:PORT");
  add_tls_options(command, options.tls);
  command.add_option("--daemon", options.daemon, "The crawlspoold to start; by default the one beside this command")
      ->type_name("FILE");
  command.add_option("--directory", options.directory, "Where to make the spools, which are removed again")
      ->type_name("DIR")
      ->capture_default_str();
}

}  // namespace

void add_bench(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("bench", "Measure how fast records get to the disk on this machine");
  command->footer(kFooter);
  const auto options = std::make_shared<BenchOptions>();
  command->add_option("FILE", options->file, "Records to send, one a line; - for standard input")->type_name("");
  describe_load(*command, *options);
  describe_choice(*command, *options);
  describe_server(*command, *options);
  command->add_flag("--json", options->json, "Print JSON");
  command->add_option("--html", options->html_file, "Also write a page with charts")->type_name("FILE");
  command->callback([options, &context] { context.exit_code = bench_and_print(*options); });
}

}  // namespace crawlspool::cli
