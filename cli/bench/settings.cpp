#include "cli/bench/settings.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <sstream>
#include <vector>

#include "cli/common/address.h"
#include "cli/common/console.h"
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

struct Found {
  std::optional<Endpoint> at;  // nothing: none is named
  std::optional<TlsPeer> tls;
};

// Returns the address of a listener that is there.
Result<Found> listening(const std::optional<std::string>& url, const char* scheme, const TlsFiles& files) {
  if (!url) return Found{};
  CRAWLSPOOL_TRY_AS(auto address, parse_address(*url, scheme));
  Found found;
  if (address.tls) {
    CRAWLSPOOL_TRY_AS(address, with_tls_files(address, files));
    CRAWLSPOOL_TRY_AS(auto context, TlsContext::make(*address.tls));
    found.tls = TlsPeer{std::move(context), address.host};
  }
  CRAWLSPOOL_TRY_AS(const auto fd, dial(address));
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  auto* const at = reinterpret_cast<sockaddr*>(&peer);
  if (::getpeername(fd.get(), at, &length) != 0) return base::fail_errno("getpeername", errno);
  found.at = Endpoint(at, length);
  return found;
}

Result<std::optional<bench::Addresses>> given_daemon(const BenchOptions& options) {
  if (!options.server && !options.http) {
    if (options.admin) return fail(ErrorCode::kUsage, "--admin goes with --server or --http");
    if (!options.tls.empty()) return fail(ErrorCode::kUsage, "--tls-ca and its like go with --server or --http");
    return std::nullopt;
  }
  CRAWLSPOOL_TRY_AS(const auto stream, listening(options.server, "tcp", options.tls));
  CRAWLSPOOL_TRY_AS(const auto http, listening(options.http, "http", options.tls));
  CRAWLSPOOL_TRY_AS(const auto admin, listening(options.admin, "http", options.tls));
  if (!options.tls.empty() && !stream.tls && !http.tls && !admin.tls)
    return fail(ErrorCode::kUsage,
                "--tls-ca and its like go with tls://HOST:PORT or https://HOST:PORT, and none is given");
  return bench::Addresses{stream.at, http.at, admin.at, std::nullopt, stream.tls, http.tls};
}

// Returns the one that was installed with this command.
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

std::vector<std::string> split_list(const std::string& list) {
  std::vector<std::string> names;
  std::istringstream rest(list);
  for (std::string name; std::getline(rest, name, ',');) names.push_back(name);
  return names;
}

// An empty list names everything.
bool names(const std::string& list, std::string_view name) {
  const auto all = split_list(list);
  return all.empty() || std::find(all.begin(), all.end(), name) != all.end();
}

bool is_chosen(const BenchOptions& options, const bench::ModeInfo& mode) {
  const bool all_are_there = !options.server && !options.http;
  switch (mode.transport) {
    case Transport::kHttp:
      return names(options.modes, mode.name) && (all_are_there || options.http);
    case Transport::kStream:
      return names(options.modes, mode.name) && (all_are_there || options.server);
    case Transport::kRedis:
      break;
  }
  return options.with == "redis";
}

std::vector<bench::Mode> chosen_modes(const BenchOptions& options) {
  std::vector<bench::Mode> modes;
  for (const bench::ModeInfo& mode : bench::all_modes())
    if (is_chosen(options, mode)) modes.push_back(mode.mode);
  return modes;
}

std::vector<AckLevel> chosen_levels(const BenchOptions& options) {
  std::vector<AckLevel> levels;
  for (const AckLevel level : kLevels)
    if (names(options.levels, proto::word(level))) levels.push_back(level);
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

  CRAWLSPOOL_TRY_AS(auto given, given_daemon(options));
  settings.given = given;
  if (!settings.given) {
    CRAWLSPOOL_TRY_AS(settings.daemon_program, daemon_program(options.daemon));
  }
  if (!options.file) {
    settings.records = bench::origin_records(options.records);
    return settings;
  }
  CRAWLSPOOL_TRY_AS(settings.records, bench::read_records(*options.file));
  return settings;
}

std::string check_modes(const std::string& text) {
  for (const std::string& name : split_list(text)) {
    const auto mode = bench::parse_mode(name);
    if (!mode || bench::info(*mode).transport == Transport::kRedis)
      return "no such mode: '" + shown(name) + "'; there are " + bench::mode_names();
  }
  return text.empty() ? "no mode is named" : "";
}

std::string check_levels(const std::string& text) {
  for (const std::string& name : split_list(text))
    if (std::none_of(std::begin(kLevels), std::end(kLevels),
                     [&](AckLevel level) { return proto::word(level) == name; }))
      return "no such ack level: '" + shown(name) + "'; there are synced, written";
  return text.empty() ? "no ack level is named" : "";
}

std::string check_time(const std::string& text) {
  const auto parsed = config::parse_duration_ms(text);
  return parsed ? "" : parsed.error().context;
}

}  // namespace crawlspool::cli
