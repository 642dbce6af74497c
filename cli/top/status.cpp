// `crawlspool status`: what the daemon says about itself, as a table or as its own JSON.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/common/ask_admin.h"
#include "cli/common/console.h"
#include "cli/common/defaults.h"
#include "cli/common/subcommands.h"
#include "cli/top/status_table.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::fail;
using base::Result;

constexpr int kTimeoutMs = 5000;

struct StatusOptions {
  std::optional<std::string> admin;
  bool json = false;
};

Result<std::string> render(const std::string& body, bool as_json) {
  if (as_json) return body.ends_with('\n') ? body : body + "\n";
  auto table = status_table(body);
  if (!table) return fail(ErrorCode::kIo, "the answer to /status is no JSON object");
  return *table;
}

int status(const StatusOptions& options, const std::optional<std::string>& config_file) {
  Console console;
  const auto text = admin_server(options.admin, config_file)
                        .and_then([](const Address& server) { return ask_admin(server, "/status", kTimeoutMs); })
                        .and_then([&](const std::string& body) { return render(body, options.json); });
  if (!text) {
    console.say_error(text.error());
    return text.error().code == ErrorCode::kUsage ? kExitUsage : kExitFailed;
  }
  return std::fputs(text->c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? kExitFailed : kExitOk;
}

}  // namespace

void add_status(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("status", "Ask the daemon how it is doing");
  const auto options = std::make_shared<StatusOptions>();
  command->add_option("--admin", options->admin, "The daemon's admin listener")->type_name("http://HOST:PORT");
  command->add_flag("--json", options->json, "Print the daemon's JSON as it is");
  command->callback([options, &context] { context.exit_code = status(*options, context.config_file); });
}

}  // namespace crawlspool::cli
