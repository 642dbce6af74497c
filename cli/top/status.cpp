// `crawlspool status` prints what the daemon says about itself, as a table or as its own JSON.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cli/common/ask_admin.h"
#include "cli/common/console.h"
#include "cli/common/defaults.h"
#include "cli/common/human.h"
#include "cli/common/subcommands.h"
#include "cli/top/view.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::fail;
using base::Result;
using nlohmann::ordered_json;
using Rows = std::vector<std::pair<std::string, std::string>>;

constexpr int kTimeoutMs = 5000;

// The unit is the name's last word.
bool has_unit(const std::string& name, const std::string& unit) {
  return name == unit || name.ends_with("_" + unit) || name.ends_with("." + unit);
}

std::string value_text(const std::string& name, const ordered_json& value) {
  if (value.is_object()) return "none";
  if (value.is_string()) return shown(value.get<std::string>());
  std::string text = value.dump(-1, ' ', true, ordered_json::error_handler_t::replace);  // in ASCII
  if (!value.is_number_unsigned()) return text;
  const auto number = value.get<std::uint64_t>();
  if (has_unit(name, "bytes") && number >= 1024) return text + " (" + human_bytes(number) + ")";
  if (has_unit(name, "s") && number >= 60) return text + " (" + human_seconds(number) + ")";
  return text;
}

void add_rows(Rows& rows, const std::string& prefix, const ordered_json& object) {
  for (const auto& [key, value] : object.items()) {
    const std::string name = prefix + shown(key);
    if (value.is_object() && !value.empty())
      add_rows(rows, name + ".", value);
    else
      rows.emplace_back(name, value_text(name, value));
  }
}

struct StatusOptions {
  std::optional<std::string> admin;
  ServerOptions known_by;
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
  const auto text = admin_server(options.admin, config_file, options.known_by)
                        .and_then([](const Address& server) { return ask_admin(server, "/status", kTimeoutMs); })
                        .and_then([&](const std::string& body) { return render(body, options.json); });
  if (!text) {
    console.say_error(text.error());
    return text.error().code == ErrorCode::kUsage ? kExitUsage : kExitFailed;
  }
  return std::fputs(text->c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? kExitFailed : kExitOk;
}

}  // namespace

std::optional<std::string> status_table(const std::string& json) {
  const auto status = ordered_json::parse(json, nullptr, false);
  if (!status.is_object()) return std::nullopt;
  Rows rows;
  add_rows(rows, "", status);
  std::size_t width = 0;
  for (const auto& [name, value] : rows) width = std::max(width, name.size());
  std::string table;
  for (const auto& [name, value] : rows) table += name + std::string(width - name.size() + 2, ' ') + value + "\n";
  return table;
}

void add_status(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("status", "Ask the daemon how it is doing");
  const auto options = std::make_shared<StatusOptions>();
  command->add_option("--admin", options->admin, "The daemon's admin listener; https://HOST:PORT with TLS")
      ->type_name("http://HOST:PORT");
  add_server_options(*command, options->known_by);
  command->add_flag("--json", options->json, "Print the daemon's JSON as it is");
  command->callback([options, &context] { context.exit_code = status(*options, context.config_file); });
}

}  // namespace crawlspool::cli
