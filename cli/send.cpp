// `crawlspool send`: NDJSON from files or standard input, stored when it ends with 0.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/command.h"
#include "cli/console.h"
#include "cli/defaults.h"
#include "cli/human.h"
#include "cli/sender.h"
#include "cli/stop_signals.h"
#include "cli/subcommands.h"
#include "proto/frame.h"

namespace crawlspool::cli {
namespace {

struct SendOptions {
  std::optional<std::string> server;
  std::vector<std::string> files;
};

std::string summary(const SendLedger& ledger, double seconds) {
  std::string text = counted(ledger.taken(), "record") + " sent, " + std::to_string(ledger.acked()) + " acked, " +
                     std::to_string(ledger.rejected()) + " rejected";
  if (ledger.unsettled() > 0) text += ", " + std::to_string(ledger.unsettled()) + " not known to be stored";
  return text + " in " + fixed(seconds, 2) + " s (" +
         fixed(static_cast<double>(ledger.acked()) / std::max(seconds, 1e-6), 0) + " records/s)";
}

int send_all(const Address& server, RecordSource& source, Console& console) {
  const base::SystemClock clock;
  const std::int64_t started_us = clock.monotonic_us();
  Sender sender(server, source, console);
  const bool complete = sender.run();
  console.say(summary(sender.ledger(), static_cast<double>(clock.monotonic_us() - started_us) / 1e6));
  return complete && sender.ledger().rejected() == 0 ? kExitOk : kExitFailed;
}

int send(const SendOptions& options, const std::optional<std::string>& config_file) {
  catch_stop_signals();
  Console console;
  RecordSource source(options.files, proto::kFramePayloadBytesMax);
  const auto server = stream_server(options.server, config_file);
  const auto ready = server.and_then([&](const Address&) { return source.check_files(); });
  if (ready) return send_all(*server, source, console);
  console.say_error(ready.error());
  return ready.error().code == base::ErrorCode::kUsage ? kExitUsage : kExitFailed;
}

}  // namespace

void add_send(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("send", "Send NDJSON records and wait until they are stored");
  const auto options = std::make_shared<SendOptions>();
  command->add_option("--server", options->server, "The daemon's stream listener")->type_name("tcp://HOST:PORT");
  command->add_option("FILE", options->files, "Files of records, one a line; - or none: standard input")->type_name("");
  command->callback([options, &context] { context.exit_code = send(*options, context.config_file); });
}

}  // namespace crawlspool::cli
