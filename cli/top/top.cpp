// `crawlspool top` shows what a daemon does, live: on a screen in a terminal, else in a line for each look.
#include <poll.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/common/ask_admin.h"
#include "cli/common/console.h"
#include "cli/common/defaults.h"
#include "cli/common/spool_access.h"
#include "cli/common/stop_signals.h"
#include "cli/common/subcommands.h"
#include "cli/top/terminal.h"
#include "cli/top/view.h"
#include "config/units.h"
#include "daemon/base/clock.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::fail;
using base::Result;

constexpr int kTimeoutMs = 5000;
constexpr std::int64_t kIntervalMsMin = 100;

struct TopOptions {
  std::optional<std::string> admin;
  ServerOptions known_by;
  std::string interval = "2s";
  std::string count = "0";
  bool json = false;
};

Result<TopSample> ask(const Address& server) {
  const auto status = ask_admin(server, "/status", kTimeoutMs);
  if (!status) return tl::unexpected(status.error());
  const auto connections = http_get(server, "/connections", kTimeoutMs);
  const bool has_clients = connections && connections->status == 200;
  auto sample = read_sample(*status, has_clients ? connections->body : "", base::SystemClock().monotonic_us());
  if (!sample)
    return fail(ErrorCode::kIo,
                server.url("http") + "/status answers no figures; is it a crawlspoold's admin listener?");
  return std::move(*sample);
}

class Top {
 public:
  Top(const TopOptions& options, Address server)
      : server_(std::move(server)),
        interval_ms_(config::parse_duration_ms(options.interval).value_or(0)),
        looks_max_(parse_count(options.count).value_or(0)),
        json_(options.json) {}

  // The first look has to succeed.
  Result<void> run() {
    CRAWLSPOOL_TRY_AS(before_, ask(server_));
    return json_ || !has_terminal() ? run_lines() : run_screen();
  }

 private:
  [[nodiscard]] bool is_over(std::uint64_t looks) const { return looks_max_ > 0 && looks >= looks_max_; }

  // A daemon that is away for a while is waited for, which is said once.
  Result<void> run_lines() {
    Console console;
    bool is_away = false;
    if (!json_) std::fputs(top_heading().c_str(), stdout);
    for (std::uint64_t looks = 0; !is_over(looks); ++looks) {
      ::poll(nullptr, 0, static_cast<int>(interval_ms_));
      if (stop_requested()) break;
      auto now = ask(server_);
      if (!now && !std::exchange(is_away, true)) console.say_error(now.error());
      if (!now) continue;
      is_away = false;
      const TopRates since = rates(before_, *now);
      const std::string ts = base::format_timestamp(base::SystemClock().wall_us());
      std::fputs((json_ ? top_json : top_line)(*now, since, ts).c_str(), stdout);
      if (std::fflush(stdout) != 0) return {};  // nobody reads any more
      before_ = std::move(*now);
    }
    return {};
  }

  Result<void> run_screen() {
    const Terminal terminal;
    const std::string name = shown(server_.to_string());
    terminal.draw(top_screen(before_, {}, name, terminal.size()));
    for (std::uint64_t looks = 0; !is_over(looks); ++looks) {
      if (terminal.wait_for_end(static_cast<int>(interval_ms_)) || stop_requested()) break;
      auto now = ask(server_);
      if (!now) {
        terminal.draw(shown(now.error().message()) + "\nasking again; q ends");
        continue;
      }
      terminal.draw(top_screen(*now, rates(before_, *now), name, terminal.size()));
      before_ = std::move(*now);
    }
    return {};
  }

  Address server_;
  std::int64_t interval_ms_;
  std::uint64_t looks_max_;
  bool json_;
  TopSample before_;
};

int top(const TopOptions& options, const std::optional<std::string>& config_file) {
  catch_stop_signals();
  const auto ran =
      admin_server(options.admin, config_file, options.known_by).and_then([&options](const Address& server) {
        return Top(options, server).run();
      });
  if (ran) return kExitOk;
  Console().say_error(ran.error());
  return ran.error().code == ErrorCode::kUsage ? kExitUsage : kExitFailed;
}

std::string check_interval(const std::string& text) {
  const auto parsed = config::parse_duration_ms(text);
  if (!parsed) return parsed.error().context;
  return *parsed < kIntervalMsMin ? "at least 100ms" : "";
}

}  // namespace

void add_top(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("top", "Watch the daemon live: rates, connections, acks, clients");
  const auto options = std::make_shared<TopOptions>();
  command->add_option("--admin", options->admin, "The daemon's admin listener; https://HOST:PORT with TLS")
      ->type_name("http://HOST:PORT");
  add_server_options(*command, options->known_by);
  command->add_option("--interval", options->interval, "How long between two looks (2s)")
      ->type_name("DURATION")
      ->check(check_interval);
  command->add_option("--count", options->count, "End after so many looks; 0: never")
      ->type_name("N")
      ->check(check_count);
  command->add_flag("--json", options->json, "Print an object for each look");
  command->footer("In a terminal a screen, which q ends; else a line for each look. Rates are since the look before.");
  command->callback([options, &context] { context.exit_code = top(*options, context.config_file); });
}

}  // namespace crawlspool::cli
