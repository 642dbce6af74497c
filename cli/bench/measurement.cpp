#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/bench/campaign.h"
#include "cli/bench/own_process.h"

namespace crawlspool::bench {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::int64_t kCountUsMax = 5'000'000;
constexpr useconds_t kLookAgainUs = 2000;

// A daemon that somebody else runs.
class GivenDaemon final : public Target {
 public:
  GivenDaemon(Addresses addresses, std::optional<pid_t> pid) : addresses_(std::move(addresses)), pid_(pid) {}

  [[nodiscard]] const Addresses& addresses() const override { return addresses_; }
  [[nodiscard]] std::optional<pid_t> pid() const override { return pid_; }
  [[nodiscard]] bool is_ours() const override { return false; }
  [[nodiscard]] Result<void> stop() override { return {}; }

 private:
  Addresses addresses_;
  std::optional<pid_t> pid_;
};

Result<std::int64_t> status_number(const Surroundings& surroundings, const base::Endpoint& admin, const char* key) {
  CRAWLSPOOL_TRY_AS(const auto body, surroundings.ask_status(admin));
  const auto status = nlohmann::json::parse(body, nullptr, false);
  const auto at = status.is_object() ? status.find(key) : status.end();
  if (!status.is_object() || at == status.end() || !at->is_number_integer())
    return base::fail(ErrorCode::kIo, "http://" + admin.to_string() + "/status names no " + key);
  return at->get<std::int64_t>();
}

// Behind a forwarded port the process may be another machine's.
bool is_daemon(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  return std::getline(file, name) && name == "crawlspoold";
}

Result<std::unique_ptr<Target>> given_target(const Settings& settings, const Surroundings& surroundings) {
  std::optional<pid_t> pid;
  if (settings.given->admin) {
    CRAWLSPOOL_TRY_AS(const auto number, status_number(surroundings, *settings.given->admin, "pid"));
    if (settings.given->admin->is_loopback() && is_daemon(static_cast<pid_t>(number))) pid = static_cast<pid_t>(number);
  }
  return std::make_unique<GivenDaemon>(*settings.given, pid);
}

Result<std::unique_ptr<Target>> start_target(const Settings& settings, const Surroundings& surroundings,
                                             Transport transport, AckLevel level) {
  if (transport == Transport::kRedis) return start_own_redis(settings.directory, level);
  if (settings.given) return given_target(settings, surroundings);
  return start_own_daemon({settings.daemon_program, settings.directory, settings.connections, level});
}

// Asks which level the server gives, which may not be what it was asked for.
Result<AckLevel> offered_level(Lane::Options options, const Requests& requests) {
  options.reconnects = false;
  Load load(options, 1, requests);
  CRAWLSPOOL_TRY(load.open());
  return load.ack_level();
}

Result<std::optional<double>> cpu_of(const Target& target) {
  if (!target.pid()) return std::nullopt;
  return process_cpu_seconds(*target.pid()).map([](double seconds) { return std::optional(seconds); });
}

// Checks that the acks were true: the server has stored each record that was sent, once.
Result<void> check_stored(const Surroundings& surroundings, const Target& target, std::uint64_t records) {
  if (!target.is_ours() || !target.addresses().admin) return {};
  const base::SystemClock clock;
  const std::int64_t deadline = clock.monotonic_us() + kCountUsMax;
  while (true) {  // its count may come a moment after its acks
    const auto stored = status_number(surroundings, *target.addresses().admin, "records");
    if (!stored) return tl::unexpected(stored.error());
    if (static_cast<std::uint64_t>(*stored) == records) return {};
    if (clock.monotonic_us() > deadline)
      return base::fail(ErrorCode::kDamaged, "crawlspoold has stored " + std::to_string(*stored) + " records where " +
                                                 std::to_string(records) + " were sent and acked");
    ::usleep(kLookAgainUs);
  }
}

Result<Run> run_load(const Lane::Options& options, const Settings& settings, const Requests& requests,
                     const Target& target, const Load::OnProgress& on_progress) {
  Load load(options, settings.connections, requests);
  CRAWLSPOOL_TRY(load.open());
  CRAWLSPOOL_TRY_AS(const auto cpu_before, cpu_of(target));
  CRAWLSPOOL_TRY_AS(auto figures, load.run(settings.goal, on_progress));
  CRAWLSPOOL_TRY_AS(const auto cpu_after, cpu_of(target));
  std::optional<double> cpu;
  if (cpu_after && cpu_before) cpu = *cpu_after - *cpu_before;
  return Run{std::move(figures), cpu};
}

}  // namespace

Result<Outcome> measure(const Settings& settings, const Surroundings& surroundings, Mode mode, AckLevel level,
                        const Load::OnProgress& on_progress) {
  const ModeInfo& about = info(mode);
  CRAWLSPOOL_TRY_AS(auto target, start_target(settings, surroundings, about.transport, level));
  const base::Endpoint at = target->addresses().of(about.transport).value();
  const Requests requests =
      make_requests(mode, settings.records, {.http_host = at.to_string(), .batch_records = settings.batch_records});
  const Lane::Options options{at,
                              about.transport,
                              level,
                              mode == Mode::kHttpClose,
                              about.is_pipelined ? settings.window_records : 1,
                              target->addresses().tls_of(about.transport)};
  CRAWLSPOOL_TRY_AS(const auto offered, offered_level(options, requests));
  if (offered != level) return Outcome{std::nullopt, "its acks there mean " + std::string(proto::word(offered))};

  CRAWLSPOOL_TRY_AS(auto run, run_load(options, settings, requests, *target, on_progress));
  CRAWLSPOOL_TRY(check_stored(surroundings, *target, run.load.records));
  CRAWLSPOOL_TRY(target->stop());
  return Outcome{std::move(run), {}};
}

}  // namespace crawlspool::bench
