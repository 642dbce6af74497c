#include "daemon/admin/status.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>
#include <vector>

#include "daemon/admin/metrics.h"
#include "daemon/admin/survey_json.h"
#include "daemon/base/log.h"
#include "daemon/base/version.h"

namespace crawlspool::admin {
namespace {

constexpr std::int64_t kProofIsFreshUs = 1'000'000;
constexpr std::uint64_t kActiveSegments = 1;

nlohmann::ordered_json reload_json(const ReloadState& reload) {
  nlohmann::ordered_json json{{"generation", reload.generation}, {"tried", nullptr}, {"ok", reload.error.empty()}};
  if (reload.tried_us > 0) json["tried"] = base::format_timestamp(reload.tried_us);
  if (!reload.error.empty()) json["error"] = reload.error;
  return json;
}

// Writes the addresses as in the configuration.
nlohmann::ordered_json listen_json(const Addresses& listening) {
  nlohmann::ordered_json json;
  for (const proto::Input input : proto::kAllInputs) {
    auto& urls = json[std::string(word(input))] = nlohmann::ordered_json::array();
    for (const base::Endpoint& at : listening[input]) urls.push_back(at.url());
  }
  return json;
}

nlohmann::ordered_json open_connections_json(const connection::Admission::Counts& counts) {
  nlohmann::ordered_json json;
  for (const proto::Input input : proto::kAllInputs)
    if (brings_records(input) && has_connections(input)) json[std::string(word(input))] = counts.open[input];
  return json;
}

std::string absolute(const std::string& directory) {
  std::error_code failed;
  const auto path = std::filesystem::absolute(directory, failed);
  return failed ? directory : path.lexically_normal().string();
}

nlohmann::ordered_json rejects_by_code_json(const commit::CommitStats& stats) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < proto::kRejectCodes; ++i)
    json[std::string(proto::word(static_cast<proto::RejectCode>(i)))] = stats.rejects_by_code.at(i);
  return json;
}

nlohmann::ordered_json spool_json(const config::Spool& config, const commit::CommitStats& stats) {
  return {{"directory", absolute(config.directory)},
          {"keep_free_bytes", config.keep_free_bytes},
          {"segment_bytes_max", config.segment_bytes_max},
          {"position", stats.position},
          {"durable", stats.durable},
          {"segments", stats.maintenance.segments + kActiveSegments},
          {"bytes", stats.maintenance.segment_bytes + stats.active_bytes},
          {"segments_compressed", stats.maintenance.compressed},
          {"segments_removed", stats.maintenance.removed},
          {"compression_failed", stats.maintenance.compression_failed},
          {"snapshots", stats.maintenance.snapshots},
          {"free_bytes", stats.free_bytes},
          {"rejected_bytes", stats.rejected_bytes}};
}

}  // namespace

Status::Status(const connection::Shared& shared, const spool::RecoveryReport& recovery, connection::IoThreads& threads,
               connection::ConfigPtr config)
    : shared_(shared),
      recovery_(recovery),
      started_us_(shared.clock.monotonic_us()),
      rates_(started_us_),
      survey_(threads, shared.clock),
      line_rates_(started_us_),
      config_(std::move(config)) {}

void Status::set_config(const connection::ConfigPtr& in_force, const ReloadState& state) {
  config_ = in_force;
  reload_ = state;
}

std::int64_t Status::uptime_s() const { return (shared_.clock.monotonic_us() - started_us_) / 1'000'000; }

double Status::ack_p99_ms() const {
  const double ms = shared_.committer.latency().quantile_ms(0.99, shared_.clock.monotonic_us());
  return std::round(ms * 1000) / 1000;
}

std::string_view Status::state() {
  const commit::SpoolState spool = shared_.committer.state();
  switch (spool) {
    case commit::SpoolState::kFailed:
      return "failed";
    case commit::SpoolState::kDiskFull:
    case commit::SpoolState::kNoDescriptors:
      return draining_ ? "draining" : proto::word(commit::slow_reason(spool));
    case commit::SpoolState::kOk:
      break;
  }
  if (draining_) return "draining";
  return shared_.memory.may_begin() ? "ok" : "slow";
}

bool Status::has_synced_lately() {
  const std::int64_t last_us = shared_.committer.stats().last_proof_us;
  return last_us > 0 && shared_.clock.monotonic_us() - last_us < kProofIsFreshUs;
}

std::string Status::status_json() {
  const commit::CommitStats stats = shared_.committer.stats();
  const connection::Admission::Counts counts = shared_.admission.counts();
  nlohmann::ordered_json status{{"version", kVersion},
                                {"pid", ::getpid()},
                                {"uptime_s", uptime_s()},
                                {"state", state()},
                                {"state_detail", stats.state_detail}};
  status["connections"] = open_connections_json(counts);
  status["connections_refused"] = counts.refused_total;
  status["amplification_limited"] = shared_.amplification.limited_total();
  status["turns_deferred"] = shared_.turns.deferred.load(std::memory_order_relaxed);
  status["clients"] = counts.machines;
  status["sessions"] = stats.sessions;
  status["sessions_connected"] = stats.sessions_connected;
  status["records_given_up"] = shared_.sessions.given_up.load();
  status["records"] = stats.records;
  status["bytes"] = stats.record_bytes;
  status["rejects"] = rejects_by_code_json(stats);
  status["commits"] = stats.commits;
  status["syncs"] = stats.syncs;
  status["memory_bytes"] = std::max<std::int64_t>(0, shared_.memory.accounted());
  status["memory_bytes_max"] = shared_.memory.limit();
  status["listen"] = listen_json(listening_);
  status["limits"] = {{"connections_max", config_->limits.connections_max}};
  status["spool"] = spool_json(config_->spool, stats);
  status["ack_p99_ms"] = ack_p99_ms();
  status["config"] = reload_json(reload_);
  status["log_lines_dropped"] = base::log_lines_dropped();
  return status.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);  // a path may be any bytes
}

std::string Status::metrics_text() {
  return admin::metrics_text(shared_, *config_, recovery_, state(), certificates_(), datagrams_());
}

std::string Status::events_json() { return base::recent_events_json(); }

void Status::connections_json(OnText on_text) {
  survey_.ask(
      [on_text = std::move(on_text)](const Survey::Result& survey) { on_text(admin::connections_json(*survey)); });
}

void Status::rejects_json(OnText on_text) {
  survey_.ask([on_text = std::move(on_text)](const Survey::Result& survey) { on_text(admin::rejects_json(*survey)); });
}

std::string Status::line() {
  const commit::CommitStats stats = shared_.committer.stats();
  const connection::Admission::Counts counts = shared_.admission.counts();
  const auto rates = line_rates_.since_last({stats.records, stats.record_bytes, 0, shared_.clock.monotonic_us()});
  return fmt::format("{}: {:.0f} records/s, {:.2f} MB/s, {} connections, ack p99 {:.1f} ms", state(), rates.records,
                     rates.megabytes, counts.crawlers, ack_p99_ms());
}

void Status::log_summary() {
  const commit::CommitStats stats = shared_.committer.stats();
  const connection::Admission::Counts counts = shared_.admission.counts();
  const auto rejects = std::accumulate(stats.rejects_by_code.begin(), stats.rejects_by_code.end(), std::uint64_t{0});
  const auto rates = rates_.since_last({stats.records, stats.record_bytes, rejects, shared_.clock.monotonic_us()});
  std::vector<base::LogField> fields{{"state", state()},
                                     {"records_per_s", rates.records},
                                     {"mb_per_s", rates.megabytes},
                                     {"rejects_per_s", rates.rejects}};
  for (const proto::Input input : proto::kAllInputs)
    if (brings_records(input) && has_connections(input)) fields.emplace_back(word(input), counts.open[input]);
  fields.insert(fields.end(), {{"refused", counts.refused_total},
                               {"ack_p99_ms", ack_p99_ms()},
                               {"lag_bytes", stats.position - std::min(stats.position, stats.durable)},
                               {"free_bytes", stats.free_bytes},
                               {"records", stats.records},
                               {"bytes", stats.record_bytes},
                               {"rejects", rejects},
                               {"commits", stats.commits},
                               {"syncs", stats.syncs},
                               {"position", stats.position},
                               {"log_lines_dropped", base::log_lines_dropped()},
                               {"uptime_s", uptime_s()}});
  base::log_info("summary", fields);
  base::log_suppressed();
}

}  // namespace crawlspool::admin
