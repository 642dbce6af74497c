// `crawlspool send` sends NDJSON from files or standard input, all of which is stored when it ends with 0.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>

#include "cli/common/console.h"
#include "cli/common/defaults.h"
#include "cli/common/human.h"
#include "cli/common/option_checks.h"
#include "cli/common/stop_signals.h"
#include "cli/common/subcommands.h"
#include "cli/send/dry_run.h"
#include "cli/send/sender.h"
#include "clients/cpp/messages.h"
#include "config/units.h"
#include "proto/charsets.h"
#include "proto/frame.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::Result;

constexpr const char* kFooter =
    "Each line that is not blank is one record; a byte order mark at the start is skipped. What is compressed, a\n"
    "CSV table or one JSON text over several lines is refused before anything is sent, with the way to send it.\n"
    "A connection that is lost is made again and the rest sent, each record once; only a first connection that is\n"
    "refused ends the command at once.\n"
    "With --session-file that holds across runs: one that was cut off, by a crash too, is simply run again. The file\n"
    "goes with one regular FILE, which may have grown meanwhile; a last line that has no end yet is left for later.";

struct SendOptions {
  std::optional<std::string> server;
  ServerOptions known_by;
  std::optional<std::string> client;
  std::string stream;
  std::optional<std::string> charset;
  std::optional<std::string> session_file;
  bool zstd = false;
  bool as_is = false;
  bool dry_run = false;
  std::string give_up_after = "1m";
  std::vector<std::string> files;
};

std::string host_as_client() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) name.front() = '\0';
  return client::fit_client_name(name.data());
}

// Returns nullptr without --session-file.
Result<std::unique_ptr<SessionKeeper>> open_keeper(const SendOptions& options, const Address& server) {
  if (!options.session_file) return nullptr;
  if (options.files.size() != 1 || options.files.front() == "-")
    return base::fail(ErrorCode::kUsage, "--session-file goes with exactly one FILE, which can be read again");
  return SessionKeeper::open(
      {*options.session_file, options.files.front(), options.client, host_as_client(), server.to_string()});
}

client::SessionSettings session_settings(const SendOptions& options, const SessionKeeper* keeper) {
  client::SessionSettings settings;
  settings.stream = options.stream;
  if (options.charset) settings.charset = proto::find_charset(*options.charset);
  if (options.zstd) settings.framing = client::SessionSettings::Framing::kZstdBatches;
  settings.client = options.client.value_or(host_as_client());
  settings.session = client::new_session();
  if (keeper != nullptr) keeper->apply_to(settings);
  return settings;
}

// Sums up what was sent. `never_reached` is the server, to be shown, where no connection to it was ever made; else it
// is empty.
std::string summary(const client::SendSession& session, double seconds, const std::string& never_reached) {
  const client::SendCounts& counts = session.counts();
  const std::uint64_t unsent = session.unsent();
  const std::uint64_t unknown = session.unacknowledged() - std::min(unsent, session.unacknowledged());
  if (unsent > 0 && counts.stored + counts.rejected + counts.skipped + unknown == 0)
    return "nothing was sent" + (never_reached.empty() ? "" : ": " + never_reached + " was never reached");
  std::string text = counted(counts.stored + counts.rejected + unknown, "record") + " sent, " +
                     std::to_string(counts.stored) + " acked, " + std::to_string(counts.rejected) + " rejected";
  if (unknown > 0) text += ", " + std::to_string(unknown) + " not known to be stored";
  if (unsent > 0) text += ", the rest not sent";
  if (counts.skipped > 0) text += ", " + std::to_string(counts.skipped) + " stored before";
  if (counts.resent > 0) text += ", " + std::to_string(counts.resent) + " sent again";
  return text + " in " + fixed(seconds, 2) + " s (" +
         fixed(static_cast<double>(counts.stored) / std::max(seconds, 1e-6), 0) + " records/s)";
}

Result<int> only_check(RecordSource& source, const std::optional<std::string>& config_file, Console& console) {
  CRAWLSPOOL_TRY_AS(const auto config, configuration(config_file));
  const DryRun result = dry_run(source, config.limits, console);
  console.say(counted(result.records, "record") + " checked, " + std::to_string(result.refused) +
              " would be refused; nothing was sent");
  return result.refused == 0 && !result.is_incomplete ? kExitOk : kExitFailed;
}

Result<int> send(const SendOptions& options, const std::optional<std::string>& config_file, Console& console) {
  RecordSource source(options.files, proto::kFramePayloadBytesMax);
  if (options.as_is) source.take_as_is();
  CRAWLSPOOL_TRY_AS(const auto server, stream_server(options.server, config_file, options.known_by));
  CRAWLSPOOL_TRY(source.check_files());
  if (options.dry_run) return only_check(source, config_file, console);
  CRAWLSPOOL_TRY_AS(const auto keeper, open_keeper(options, server));
  if (keeper) {
    CRAWLSPOOL_TRY(keeper->begin(source));
  }

  const base::SystemClock clock;
  const std::int64_t started_us = clock.monotonic_us();
  Sender sender(
      {server, session_settings(options, keeper.get()), config::parse_duration_ms(options.give_up_after).value_or(0)},
      source, keeper.get(), console);
  const bool complete = sender.run();
  console.say(summary(sender.session(), static_cast<double>(clock.monotonic_us() - started_us) / 1e6,
                      sender.was_connected() ? "" : shown(server.to_string())));
  return complete && sender.session().counts().rejected == 0 ? kExitOk : kExitFailed;
}

int send(const SendOptions& options, const std::optional<std::string>& config_file) {
  catch_stop_signals();
  Console console;
  const auto exit_code = send(options, config_file, console);
  if (exit_code) return *exit_code;
  console.say_error(exit_code.error());
  return exit_code.error().code == ErrorCode::kUsage ? kExitUsage : kExitFailed;
}

std::string check_duration(const std::string& text) {
  const auto parsed = config::parse_duration_ms(text);
  return parsed ? "" : parsed.error().context;
}

}  // namespace

void add_send(CLI::App& app, Context& context) {
  auto* const command = app.add_subcommand("send", "Send NDJSON records and wait until they are stored");
  command->footer(kFooter);
  const auto options = std::make_shared<SendOptions>();
  command->add_option("--server", options->server, "The daemon's stream listener; tls://HOST:PORT with TLS")
      ->type_name("tcp://HOST:PORT");
  add_server_options(*command, options->known_by);
  command->add_option("--client", options->client, "The name to send under; the host's by default")
      ->type_name("NAME")
      ->check(check_client);
  command->add_option("--stream", options->stream, "A label that is stored with each record")
      ->type_name("NAME")
      ->check(check_stream);
  command->add_option("--charset", options->charset, "What the records are in, as gb18030; UTF-8 by default")
      ->type_name("NAME")
      ->check(check_charset_of_lines);
  command->add_option("--session-file", options->session_file, "Where to keep how far FILE is sent, to go on later")
      ->type_name("FILE");
  command->add_flag("--zstd", options->zstd, "Compress what is sent");
  command
      ->add_option("--give-up-after", options->give_up_after,
                   "How long a lost connection is made again without any progress (1m); 0: not at all")
      ->type_name("DURATION")
      ->check(check_duration);
  command
      ->add_flag("--dry-run", options->dry_run,
                 "Check each record as the daemon does, by the configuration's limits, and send nothing")
      ->excludes("--charset");
  command->add_flag("--as-is", options->as_is, "Send the lines of what looks like a CSV table or one JSON text, too");
  command->add_option("FILE", options->files, "Files of records, one a line; - or none: standard input")->type_name("");
  command->callback([options, &context] { context.exit_code = send(*options, context.config_file); });
}

}  // namespace crawlspool::cli
