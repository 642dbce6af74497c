#include "cli/bench_settings.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "cli/bench_records.h"
#include "cli/console.h"
#include "cli/dial.h"
#include "config/units.h"

namespace crawlspool::cli {
namespace {

using base::Endpoint;
using base::ErrorCode;
using base::fail;
using base::Result;
using bench::AckLevel;
using bench::Transport;

constexpr AckLevel kLevels[] = {AckLevel::kSynced, AckLevel::kWritten};

// The address of a listener that is there.
Result<std::optional<Endpoint>> listening(const std::optional<std::string>& url, const char* scheme) {
  if (!url) return std::nullopt;
  const auto address = parse_address(*url, scheme);
  if (!address) return tl::unexpected(address.error());
  const auto fd = dial(*address);
  if (!fd) return tl::unexpected(fd.error());
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  auto* const at = reinterpret_cast<sockaddr*>(&peer);
  if (::getpeername(fd->get(), at, &length) != 0) return base::fail_errno("getpeername", errno);
  return std::optional(Endpoint(at, length));
}

Result<std::optional<bench::Addresses>> given_daemon(const BenchOptions& options) {
  if (!options.server && !options.http) {
    if (options.admin) return fail(ErrorCode::kUsage, "--admin goes with --server or --http");
    return std::nullopt;
  }
  const auto stream = listening(options.server, "tcp");
  if (!stream) return tl::unexpected(stream.error());
  const auto http = listening(options.http, "http");
  if (!http) return tl::unexpected(http.error());
  const auto admin = listening(options.admin, "http");
  if (!admin) return tl::unexpected(admin.error());
  return bench::Addresses{*stream, *http, *admin, std::nullopt};
}

// The one that was installed with this command.
Result<std::string> daemon_program(const std::optional<std::string>& given) {
  if (given) return *given;
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return base::fail_errno("/proc/self/exe", error.value());
  const std::string program = (self.parent_path() / "crawlspoold").string();
  if (::access(program.c_str(), X_OK) != 0)
    return base::fail_errno("no daemon to measure; say where with --daemon or --server: " + shown(program), errno);
  return program;
}

std::vector<bench::Mode> chosen_modes(const BenchOptions& options) {
  const auto names = [](const std::vector<std::string>& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  const bool is_given = options.server || options.http;
  std::vector<bench::Mode> modes;
  for (const bench::ModeInfo& mode : bench::all_modes()) {
    bool wanted = options.modes.empty() || names(options.modes, mode.name);
    if (mode.transport == Transport::kRedis) wanted = names(options.with, "redis");
    if (mode.transport == Transport::kHttp) wanted = wanted && (!is_given || options.http);
    if (mode.transport == Transport::kStream) wanted = wanted && (!is_given || options.server);
    if (wanted) modes.push_back(mode.mode);
  }
  return modes;
}

std::vector<AckLevel> chosen_levels(const BenchOptions& options) {
  std::vector<AckLevel> levels;
  for (const AckLevel level : kLevels)
    if (options.levels.empty() ||
        std::find(options.levels.begin(), options.levels.end(), proto::word(level)) != options.levels.end())
      levels.push_back(level);
  return levels;
}

}  // namespace

Result<bench::Settings> bench_settings(const BenchOptions& options) {
  bench::Settings settings;
  settings.goal = {options.records, config::parse_duration_ms(options.time).value_or(0) * 1000,
                   config::parse_duration_ms(options.time_max).value_or(0) * 1000};
  if (settings.goal.duration_max_us < settings.goal.duration_min_us)
    return fail(ErrorCode::kUsage, "--time-max " + options.time_max + " is less than --time " + options.time);
  settings.modes = chosen_modes(options);
  if (settings.modes.empty())
    return fail(ErrorCode::kUsage, "none of these modes goes to the listeners that are given");
  settings.levels = chosen_levels(options);
  settings.connections = options.connections;
  settings.window_records = options.window_records;
  settings.batch_records = options.batch_records;
  settings.rounds = options.rounds;
  settings.directory = options.directory;

  auto given = given_daemon(options);
  if (!given) return tl::unexpected(given.error());
  settings.given = *given;
  if (!settings.given) {
    auto program = daemon_program(options.daemon);
    if (!program) return tl::unexpected(program.error());
    settings.daemon_program = *program;
  }
  if (!options.file) {
    settings.records = bench::origin_records(options.records);
    return settings;
  }
  auto records = read_bench_records(*options.file);
  if (!records) return tl::unexpected(records.error());
  settings.records = std::move(*records);
  return settings;
}

std::string check_mode(const std::string& text) {
  const auto mode = bench::parse_mode(text);
  if (mode && bench::info(*mode).transport != Transport::kRedis) return "";
  return "no such mode: '" + shown(text) + "'; there are " + bench::mode_names();
}

std::string check_level(const std::string& text) {
  return std::any_of(std::begin(kLevels), std::end(kLevels), [&](AckLevel level) { return proto::word(level) == text; })
             ? ""
             : "no such ack level: '" + shown(text) + "'; there are synced, written";
}

std::string check_time(const std::string& text) {
  const auto parsed = config::parse_duration_ms(text);
  return parsed ? "" : parsed.error().context;
}

}  // namespace crawlspool::cli
